import { CounterBy, type Metrics, statusClass } from '../telemetry.ts'

/** Counts the requests of all clients of the process together: they ask the same registry. */
export function registryMetrics(metrics: Metrics): (status: number | undefined, tookMs: number) => void {
  const requests = new CounterBy(
    metrics.counter({
      name: 'registry_relay_schema_registry_requests_total',
      help: 'Requests to the schema registry, by the class of the status; "none" without an answer. 4xx is also "not there".',
      labels: ['status'],
    }),
    'status',
    ['2xx', '3xx', '4xx', '5xx', 'none'],
  )
  const seconds = metrics.histogram({
    name: 'registry_relay_schema_registry_request_seconds',
    help: 'Time of a request to the schema registry until the last byte of its answer, or its failure.',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  })
  return (status, tookMs) => {
    requests.add(statusClass(status))
    seconds.observe(tookMs / 1_000)
  }
}
