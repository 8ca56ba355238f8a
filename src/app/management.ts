import type { Config } from '../config/config.ts'
import { ManagementServer } from '../observability/management-server.ts'
import { packageVersion } from '../version.ts'
import { notificationsUrlOf } from './notifications-url.ts'
import type { Parts } from './parts.ts'
import { showReadiness } from './readiness-metric.ts'
import type { Supervisor } from './supervisor.ts'
import type { RealTelemetry } from './telemetry.ts'

/** `/healthz`, `/readyz`, `/metrics` and the status page. Resolves with their base URL. */
export async function startManagement(
  config: Config,
  telemetry: RealTelemetry,
  supervisor: Supervisor,
  parts: Parts,
): Promise<string> {
  const { host, port } = config.management
  const { metrics, problems } = telemetry
  const notificationsUrl = notificationsUrlOf(config.gateway)
  const version = packageVersion()
  showReadiness(metrics, parts)
  const server = new ManagementServer({ host, port, version, parts, metrics, problems, notificationsUrl })
  const { url } = await server.start()
  supervisor.add('management server', () => server.close())
  return url
}
