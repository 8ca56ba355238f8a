import type { Config } from '../config/config.ts'
import type { GatewayItem } from '../gateway/gateway-item.ts'
import type { Intake } from '../gateway/intake.ts'
import type { Kept } from '../gateway/kept.ts'
import type { Quarantine } from '../gateway/quarantine.ts'
import { GatewayServer } from '../gateway/server.ts'
import type { Readiness } from '../observability/management-server.ts'
import type { Sink } from '../sink/sink.ts'
import type { Telemetry } from '../telemetry.ts'
import { authorizationValues } from './gateway-credentials.ts'
import { gatewayTls, gatewayTlsFiles } from './gateway-tls.ts'
import type { Supervisor } from './supervisor.ts'
import { watchGateway } from './watch-gateway.ts'

export interface GatewayServerParts {
  readonly intake: Intake
  readonly quarantine: Quarantine
  readonly sink: Sink<GatewayItem, Kept>
}

/** The port that registries post to. Resolves when it is open. */
export async function openGatewayServer(
  config: Config,
  parts: GatewayServerParts,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Promise<{ readonly url: string; readonly readiness: () => Readiness }> {
  const { host, port, path, maxBodyBytes, ackBudgetMs, strict, credentials, tls } = config.gateway
  const { maxEvents: _ofTheIntake, ...limits } = config.gateway.limits
  const tlsFiles = tls === undefined ? new Map<string, string>() : gatewayTlsFiles(tls)
  const server = new GatewayServer({
    ...parts,
    strict,
    host,
    port,
    path,
    maxBodyBytes,
    ackBudgetMs,
    authorizations: authorizationValues(credentials),
    ...(tls === undefined ? {} : { tls: gatewayTls(tls, tlsFiles) }),
    traceparent: config.records.traceparent,
    limits,
    telemetry,
  })
  const { url } = await server.start()
  supervisor.add('gateway', (deadlineMs) => server.close({ deadlineMs }))
  supervisor.add('files of the gateway', watchGateway(config.gateway, tlsFiles, server, telemetry))
  return { url, readiness: () => server.readiness() }
}
