import { type Clock, systemClock } from '../clock.ts'
import type { GatewayConfig } from '../config/gateway-config.ts'
import { secretText } from '../config/secret.ts'
import type { GatewayServer } from '../gateway/server.ts'
import type { Telemetry } from '../telemetry.ts'
import { authorizationValues, credentialFiles } from './gateway-credentials.ts'
import { gatewayTls } from './gateway-tls.ts'
import { type FileTexts, WatchedFiles } from './watched-files.ts'

/**
 * Keeps the server's credentials and certificates as their files say. `tlsFiles`: what the server was started with.
 * The returned function ends it.
 */
export function watchGateway(
  { credentials, tls }: Pick<GatewayConfig, 'credentials' | 'tls'>,
  tlsFiles: FileTexts,
  server: Pick<GatewayServer, 'replaceAuthorizations' | 'replaceTls'>,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): () => Promise<void> {
  const watches = [
    new WatchedFiles({
      what: 'credentials',
      texts: credentialFiles(credentials),
      textOf: secretText,
      onChange: (texts) => server.replaceAuthorizations(authorizationValues(credentials, texts)),
      clock,
      telemetry,
    }),
  ]
  if (tls !== undefined) {
    watches.push(
      new WatchedFiles({
        what: 'tls',
        texts: tlsFiles,
        onChange: (texts) => server.replaceTls(gatewayTls(tls, texts)),
        clock,
        telemetry,
      }),
    )
  }
  return async () => {
    await Promise.all(watches.map((watch) => watch.close()))
  }
}
