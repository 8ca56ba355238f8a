import { type Clock, systemClock } from '../clock.ts'
import type { EndpointConfig, EndpointProxyConfig } from '../config/endpoint-config.ts'
import { webhookSecretProblem } from '../config/webhook-secret.ts'
import { RelayError, toError } from '../errors.ts'
import { AddressGuard } from '../http/address-guard.ts'
import type { ProxyOptions, TlsOptions } from '../http/connection-options.ts'
import type { DeliveryOptions } from '../http/delivery.ts'
import { type HeaderValues, staticHeaders } from '../http/request-headers.ts'
import type { Telemetry } from '../telemetry.ts'
import { checkAuthority, clientTls, readPem, tlsFiles } from './client-tls.ts'
import { HeldFiles, presentText } from './held-files.ts'
import { watchConnection } from './watch-connection.ts'
import type { FileTexts } from './watched-files.ts'

/** What an endpoint's delivery is made with. */
export interface EndpointDeliveryOptions extends Omit<DeliveryOptions, 'proxy' | 'clock'> {
  readonly proxy?: () => ProxyOptions
}

export interface WatchedEndpoint {
  readonly options: EndpointDeliveryOptions
  /** Ends the looking; what was read last stays in use. */
  readonly close: () => Promise<void>
}

/**
 * For a service that outlives passwords and certificates: every request is made with what the files say by then. What can no
 * longer be used changes nothing, and is logged.
 *
 * @throws RelayError CONFIG_INVALID naming the endpoint, and the key whose file cannot be read or used
 */
export function watchEndpoint(
  config: EndpointConfig,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): WatchedEndpoint {
  const files = new EndpointFiles(config)
  return {
    options: files.options,
    close: watchConnection(`endpoint ${config.name}`, files, telemetry, clock),
  }
}

/** For a command: files are read once. Throws as {@link watchEndpoint} does. */
export function endpointOptions(config: EndpointConfig): EndpointDeliveryOptions {
  return new EndpointFiles(config).options
}

/** The same object for as long as nothing changes, so that whoever uses it need not look into it. */
interface Credentials {
  readonly headers: HeaderValues
  readonly signingSecrets: readonly string[]
  readonly proxyAuthorization: string | undefined
}

interface Certificates {
  readonly endpoint: TlsOptions | undefined
  readonly proxy: TlsOptions | undefined
}

/** Header values, secrets and certificates of an endpoint and of its proxy as their files say. */
class EndpointFiles extends HeldFiles<Certificates> {
  readonly options: EndpointDeliveryOptions
  readonly #config: EndpointConfig
  #credentials: Credentials
  #proxy: ProxyOptions

  /** @throws RelayError CONFIG_INVALID naming the endpoint, and the key whose file or address cannot be read or used */
  constructor(config: EndpointConfig) {
    const { headers, signing, proxy, tls, timeouts, timeoutMs, retry } = config
    checkAddresses(config)
    super({
      secrets: [...Object.values(headers).flat(), ...(signing?.secrets ?? []), proxy?.password],
      pems: pemFiles(config),
      check: (pems) => certificates(config, pems),
    })
    this.#config = config
    this.#credentials = credentials(config, new Map())
    this.#proxy = { url: proxy?.url ?? '' }
    this.#followProxy()
    this.options = {
      url: config.url,
      headers: () => this.#credentials.headers,
      ...(signing === undefined ? {} : { signingSecrets: () => this.#credentials.signingSecrets }),
      maxConnections: config.concurrency,
      connectTimeoutMs: timeouts.connectMs,
      headersTimeoutMs: timeouts.headersMs ?? timeoutMs,
      bodyTimeoutMs: timeouts.bodyMs,
      totalTimeoutMs: timeoutMs,
      maxRetryAfterMs: retry.maxRetryAfterMs,
      ...(tls === undefined ? {} : { tls: () => this.checked.endpoint ?? {} }),
      ...(proxy === undefined ? {} : { proxy: () => this.#proxy }),
      addresses: config.addresses,
    }
  }

  /** @throws RelayError CONFIG_INVALID when a new value cannot be used, and keeps what it has */
  override replaceSecrets(texts: FileTexts): void {
    this.#credentials = credentials(this.#config, texts)
    super.replaceSecrets(texts)
    this.#followProxy()
  }

  override replacePems(texts: FileTexts): void {
    super.replacePems(texts)
    this.#followProxy()
  }

  /** Another object would mean other connections. */
  #followProxy(): void {
    const { proxyAuthorization } = this.#credentials
    const tls = this.checked.proxy
    if (this.#proxy.authorization === proxyAuthorization && this.#proxy.tls === tls) return
    this.#proxy = {
      url: this.#proxy.url,
      ...(proxyAuthorization === undefined ? {} : { authorization: proxyAuthorization }),
      ...(tls === undefined ? {} : { tls }),
    }
  }
}

/** A host that is an address is denied at every attempt alike: better said at the start than in the log for ever. */
function checkAddresses({ name, url, proxy, addresses }: EndpointConfig): void {
  const guard = new AddressGuard(addresses)
  const urls = new Map([['url', url], ...(proxy === undefined ? [] : [['proxy.url', proxy.url] as const])])
  for (const [key, text] of urls) {
    const fault = guard.faultOf(new URL(text).hostname)
    if (fault === undefined) continue
    const fix = 'correct it, or name it in addresses.allow of an endpoint under bridge.endpoints'
    throw unusable(`${keyOf(name)}.${key}`, `${fault.message}: ${fix}`)
  }
}

/** @param texts what files of secrets say by now */
function credentials({ name, headers, signing, proxy }: EndpointConfig, texts: FileTexts): Credentials {
  const values: HeaderValues = Object.fromEntries(
    Object.entries(headers).map(([header, secrets]) => [
      header,
      secrets.map((secret) => presentText(secret, texts)),
    ]),
  )
  try {
    staticHeaders(values)
  } catch (error) {
    throw unusable(keyOf(name), toError(error).message, error)
  }
  const signingSecrets = (signing?.secrets ?? []).map((secret) => presentText(secret, texts))
  for (const secret of signingSecrets) {
    const problem = webhookSecretProblem(secret)
    if (problem !== undefined) throw unusable(`${keyOf(name)}.signing.secrets`, problem)
  }
  return { headers: values, signingSecrets, proxyAuthorization: authorization(proxy, texts) }
}

function authorization(proxy: EndpointProxyConfig | undefined, texts: FileTexts): string | undefined {
  if (proxy?.username === undefined) return undefined
  const password = proxy.password === undefined ? '' : presentText(proxy.password, texts)
  return `Basic ${Buffer.from(`${proxy.username}:${password}`, 'utf8').toString('base64')}`
}

function certificates({ name, tls, proxy }: EndpointConfig, pems: FileTexts): Certificates {
  const authority = proxy?.caFile === undefined ? undefined : pems.get(proxy.caFile)
  checkAuthority(`${keyOf(name)}.proxy.caFile`, authority)
  const ofProxy = authority === undefined ? undefined : { ca: authority }
  if (tls === undefined) return { endpoint: undefined, proxy: ofProxy }
  const { servername, ...texts } = clientTls(`${keyOf(name)}.tls`, tls, pems)
  return {
    endpoint: { ...texts, ...(servername === undefined ? {} : { serverName: servername }) },
    proxy: ofProxy,
  }
}

function pemFiles({ name, tls, proxy }: EndpointConfig): FileTexts {
  const authority = proxy?.caFile
  return new Map([
    ...(tls === undefined ? [] : tlsFiles(`${keyOf(name)}.tls`, tls)),
    ...(authority === undefined
      ? []
      : [[authority, readPem(`${keyOf(name)}.proxy.caFile`, authority)] as const]),
  ])
}

function keyOf(name: string): string {
  return `bridge.endpoints.${name}`
}

function unusable(key: string, what: string, cause?: unknown): RelayError {
  return new RelayError('CONFIG_INVALID', `"${key}": ${what}`, { cause })
}
