import type { Config } from '../config/config.ts'
import type { GatewayItem } from '../gateway/gateway-item.ts'
import type { HandlingRules } from '../gateway/handling-rules.ts'
import type { Kept } from '../gateway/kept.ts'
import { GatewayServer } from '../gateway/server.ts'
import type { Readiness } from '../observability/readiness.ts'
import type { Sink } from '../sink/sink.ts'
import type { Telemetry } from '../telemetry.ts'
import { authorizationValues } from './gateway-credentials.ts'
import { gatewayTls, gatewayTlsFiles } from './gateway-tls.ts'
import type { Supervisor } from './supervisor.ts'
import { watchCredentials, watchGatewayTls } from './watch-gateway.ts'

export interface GatewayServerParts {
  readonly handling: HandlingRules
  readonly sink: Sink<GatewayItem, Kept>
}

/** The open port. */
export interface OpenGatewayServer {
  readonly url: string
  readonly readiness: () => Readiness
  /**
   * Looks whether the credentials can be used. What it returns lets them in, and has requests from then on handled so.
   *
   * @throws RelayError CONFIG_INVALID
   */
  prepare(next: Config, handling: HandlingRules): () => Promise<void>
}

/** The port that registries post to. Resolves when it is open. */
export async function openGatewayServer(
  config: Config,
  { handling, sink }: GatewayServerParts,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Promise<OpenGatewayServer> {
  const { host, port, path, maxBodyBytes, credentials, tls } = config.gateway
  const { maxEvents: _ofTheIntake, ...limits } = config.gateway.limits
  const tlsFiles = tls === undefined ? new Map<string, string>() : gatewayTlsFiles(tls)
  const server = new GatewayServer({
    ...handling,
    sink,
    host,
    port,
    path,
    maxBodyBytes,
    authorizations: authorizationValues(credentials),
    ...(tls === undefined ? {} : { tls: gatewayTls(tls, tlsFiles) }),
    limits,
    telemetry,
  })
  const { url } = await server.start()
  supervisor.add('gateway', (deadlineMs) => server.close({ deadlineMs }))
  let endCredentials = watchCredentials(credentials, server, telemetry)
  supervisor.add('files of credentials', () => endCredentials())
  if (tls !== undefined) {
    supervisor.add('files of the gateway', watchGatewayTls(tls, tlsFiles, server, telemetry))
  }
  return {
    url,
    readiness: () => server.readiness(),
    prepare(next, rules) {
      const values = authorizationValues(next.gateway.credentials)
      return async () => {
        server.replaceAuthorizations(values)
        server.replaceRules(rules)
        const ended = endCredentials()
        endCredentials = watchCredentials(next.gateway.credentials, server, telemetry)
        await ended
      }
    },
  }
}
