import { type buildConnector, type Dispatcher, Pool, ProxyAgent } from 'undici'
import { type ProxyOptions, proxyUrl, type SecureContext, secureContext } from './connection-options.ts'

export interface ProxyTunnelsOptions {
  readonly proxy: ProxyOptions
  /** For the connections through the tunnels. */
  readonly pool: Pool.Options
  /** For the connections to the proxy. */
  readonly socket: buildConnector.BuildOptions
  /** Of the endpoint. */
  readonly tls: SecureContext
  /** For connecting, for the answer to `CONNECT` and for TLS, each. */
  readonly connectTimeoutMs: number
  /** Around what makes the connections of the pool. */
  readonly ready: (connect: buildConnector.connector) => buildConnector.connector
}

/** In place of codes that undici has for an endpoint, or takes for a reason to connect again at once. */
const proxyCodes: Readonly<Record<string, string>> = {
  UND_ERR_SOCKET: 'PROXY_CLOSED',
  UND_ERR_INFO: 'PROXY_CLOSED',
  UND_ERR_HEADERS_TIMEOUT: 'PROXY_TIMEOUT',
}

/**
 * Connections to an endpoint through tunnels of a proxy.
 *
 * @throws CONFIG_INVALID: the URL or a certificate of the proxy cannot be used
 */
export function proxyTunnels(options: ProxyTunnelsOptions): Dispatcher {
  const { proxy, pool, socket, tls, connectTimeoutMs, ready } = options
  return new ProxyAgent({
    ...pool,
    factory: (origin, given: { connect: buildConnector.connector }) =>
      new Pool(origin, { ...given, connect: ready(proxyFaults(given.connect)) }),
    // Without it a proxy that says nothing keeps each place in the pool for minutes, long after the attempt is over.
    clientFactory: (origin, given) => new Pool(origin, { ...given, headersTimeout: connectTimeoutMs }),
    uri: proxyUrl(proxy.url).href,
    ...(proxy.authorization === undefined ? {} : { token: proxy.authorization }),
    requestTls: { timeout: connectTimeoutMs, ...tls },
    proxyTls: { ...socket, ...secureContext('proxy.tls', proxy.tls) },
  })
}

/**
 * A proxy that closes at `CONNECT` looks to undici like a kept connection that was closed while idle: it would connect
 * again for ever without a pause, also for an attempt that is long over.
 */
function proxyFaults(connect: buildConnector.connector): buildConnector.connector {
  return (options, callback) =>
    connect(options, (error, socket) => {
      if (error === null) return callback(null, socket)
      const code = proxyCodes[String((error as { code?: unknown }).code)]
      callback(code === undefined ? error : Object.assign(new Error(error.message), { code }), null)
    })
}

/**
 * Values under their names: undici takes lines as well, but its proxy keeps only the last of several with one name.
 * Several values become lines again, in this order. `Host` has one, which must not be a list, and is looked for under
 * this spelling only.
 */
export function byName(lines: readonly string[]): Record<string, string | string[]> {
  const headers = new Map<string, string | string[]>()
  for (let at = 0; at < lines.length; at += 2) {
    const given = lines[at] as string
    const name = given.toLowerCase() === 'host' ? 'host' : given
    const value = lines[at + 1] as string
    const before = headers.get(name)
    headers.set(name, before === undefined ? value : [before, value].flat())
  }
  return Object.fromEntries(headers)
}
