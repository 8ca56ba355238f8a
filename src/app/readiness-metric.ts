import type { PrometheusMetrics } from '../observability/metrics.ts'
import { readinessOf } from '../observability/readiness.ts'
import type { Parts } from './parts.ts'

/** Shows what `/readyz` says to whoever only scrapes. `parts` may come and go. */
export function showReadiness(metrics: Pick<PrometheusMetrics, 'observe'>, parts: Parts): void {
  metrics.observe(
    {
      name: 'registry_relay_part_ready',
      help: 'Whether a part can do its work, as /readyz has it: 1 or 0.',
      labels: ['part'],
    },
    () =>
      Object.entries(parts).map(([part, ask]) => ({
        labels: { part },
        value: readinessOf(ask).ready ? 1 : 0,
      })),
  )
}
