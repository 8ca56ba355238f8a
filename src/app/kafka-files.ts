import type { KafkaConfig, SaslConfig } from '../config/config.ts'
import type { KafkaConnectionOptions, KafkaSasl, KafkaTls } from '../kafka/connection.ts'
import { OAuthTokens } from '../kafka/oauth/tokens.ts'
import { checkAuthority, clientTls, readPem, tlsFiles } from './client-tls.ts'
import { HeldFiles } from './held-files.ts'
import type { FileTexts } from './watched-files.ts'

/**
 * Password and certificates of a Kafka connection as their files say: {@link KafkaFiles.options} are of the kind that is
 * asked at every new connection, so that what is replaced here is used from the next one on.
 */
export class KafkaFiles extends HeldFiles<KafkaTls> {
  readonly options: KafkaConnectionOptions

  /** @throws RelayError CONFIG_INVALID naming the key whose file cannot be read or used */
  constructor(config: KafkaConfig) {
    const { brokers, clientId, tls, sasl, connectionTimeoutMs, requestTimeoutMs } = config
    super({
      secrets: [sasl?.mechanism === 'oauthbearer' ? sasl.clientSecret : sasl?.password],
      pems: pemFiles(config),
      check: (pems) => checkedTls(config, pems),
    })
    this.options = {
      brokers,
      clientId,
      tls: typeof tls === 'boolean' ? tls : () => this.checked,
      ...this.#sasl(sasl),
      ...(connectionTimeoutMs === undefined ? {} : { connectionTimeoutMs }),
      requestTimeoutMs,
    }
  }

  #sasl(sasl: SaslConfig | undefined): Pick<KafkaConnectionOptions, 'sasl'> {
    if (sasl === undefined) return {}
    if (sasl.mechanism !== 'oauthbearer') {
      const { mechanism, username, password } = sasl
      return { sasl: (): KafkaSasl => ({ mechanism, username, password: this.textOf(password) }) }
    }
    const { mechanism, tokenUrl, clientId, clientSecret, scope, audience, caFile } = sasl
    const { token, refused } = new OAuthTokens({
      endpoint: {
        url: tokenUrl,
        clientId,
        clientSecret: () => this.textOf(clientSecret),
        ...(scope === undefined ? {} : { scope }),
        ...(audience === undefined ? {} : { audience }),
        ...(caFile === undefined ? {} : { tls: () => ({ ca: this.pems.get(caFile) ?? '' }) }),
      },
    })
    return { sasl: { mechanism, token, refused } }
  }
}

function checkedTls({ tls, sasl }: KafkaConfig, pems: FileTexts): KafkaTls {
  if (sasl?.mechanism === 'oauthbearer' && sasl.caFile !== undefined) {
    checkAuthority('kafka.sasl.caFile', pems.get(sasl.caFile) ?? '')
  }
  return typeof tls === 'boolean' ? {} : clientTls('kafka.tls', tls, pems)
}

function pemFiles({ tls, sasl }: KafkaConfig): FileTexts {
  const authority = sasl?.mechanism === 'oauthbearer' ? sasl.caFile : undefined
  return new Map([
    ...(typeof tls === 'boolean' ? [] : tlsFiles('kafka.tls', tls)),
    ...(authority === undefined ? [] : [[authority, readPem('kafka.sasl.caFile', authority)] as const]),
  ])
}
