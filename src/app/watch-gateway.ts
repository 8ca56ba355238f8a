import { type Clock, systemClock } from '../clock.ts'
import type { CredentialConfig, GatewayTlsConfig } from '../config/gateway-config.ts'
import { secretText } from '../config/secret.ts'
import type { GatewayServer } from '../gateway/server.ts'
import type { Telemetry } from '../telemetry.ts'
import { authorizationValues, credentialFiles } from './gateway-credentials.ts'
import { gatewayTls } from './gateway-tls.ts'
import { type FileTexts, WatchedFiles } from './watched-files.ts'

/** Keeps the server's credentials as their files say. The returned function ends it. */
export function watchCredentials(
  credentials: readonly CredentialConfig[],
  server: Pick<GatewayServer, 'replaceAuthorizations'>,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): () => Promise<void> {
  const watch = new WatchedFiles({
    what: 'credentials',
    texts: credentialFiles(credentials),
    textOf: secretText,
    onChange: (texts) => server.replaceAuthorizations(authorizationValues(credentials, texts)),
    clock,
    telemetry,
  })
  return () => watch.close()
}

/** Keeps the server's certificates as their files say. `texts`: what it was started with. The returned function ends it. */
export function watchGatewayTls(
  tls: GatewayTlsConfig,
  texts: FileTexts,
  server: Pick<GatewayServer, 'replaceTls'>,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): () => Promise<void> {
  const watch = new WatchedFiles({
    what: 'tls',
    texts,
    onChange: (now) => server.replaceTls(gatewayTls(tls, now)),
    clock,
    telemetry,
  })
  return () => watch.close()
}
