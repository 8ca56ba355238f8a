import type { Config } from '../config/config.ts'
import { checkGatewayTls } from './check-config.ts'
import { readPem } from './client-tls.ts'

/** How we come to Kafka, for people. */
export function identityOf({ sasl, tls }: Config['kafka']): string {
  const encrypted = tls === false ? '' : ' over TLS'
  if (sasl !== undefined) {
    const name = sasl.mechanism === 'oauthbearer' ? sasl.clientId : sasl.username
    return `SASL ${sasl.mechanism.toUpperCase()} as ${name}${encrypted}`
  }
  if (typeof tls === 'object' && tls.certificateFile !== undefined) return 'by a client certificate'
  return `without a user${encrypted}`
}

/** Whom its access control takes us for. What Kafka makes of a token or a certificate depends on its settings. */
export function principalOf({ sasl, tls }: Config['kafka']): string {
  if (sasl !== undefined && sasl.mechanism !== 'oauthbearer') return `User:${sasl.username}`
  if (sasl === undefined && (typeof tls !== 'object' || tls.certificateFile === undefined))
    return 'User:ANONYMOUS'
  return 'User:<as Kafka names this client>'
}

/** PEM text of the gateway's certificate. The function throws RelayError CONFIG_INVALID. */
export function certificateOf({ gateway: { tls } }: Config): (() => string) | undefined {
  if (tls === undefined) return undefined
  return () => {
    checkGatewayTls(tls)
    return readPem('gateway.tls.certificateFile', tls.certificateFile)
  }
}
