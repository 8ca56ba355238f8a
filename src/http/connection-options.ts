import { RelayError } from '../errors.ts'
import type { Present } from '../present.ts'
import type { AddressRules } from './address-rules.ts'

/** PEM texts, as the files have them. */
export interface TlsOptions {
  /** Certificate authorities to trust instead of those of Node.js. */
  readonly ca?: string | readonly string[]
  /** The client's own certificate, with its chain. Needs `key`. */
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  /** Name to ask for and to check the certificate against, when it is not the one in the URL. A header `Host` changes neither. */
  readonly serverName?: string
}

/** A forward proxy. It is asked for a tunnel (`CONNECT`), for http endpoints too. */
export interface ProxyOptions {
  /** http or https. */
  readonly url: string | URL
  /** `Proxy-Authorization`; user name and password in the URL do the same. The endpoint never gets it. */
  readonly authorization?: string
  /** Of the connection to an https proxy itself. */
  readonly tls?: TlsOptions
}

/** How an endpoint is reached. */
export interface ConnectionOptions {
  /** A function is asked for each request: another object than before makes connections of its own. */
  readonly tls?: Present<TlsOptions>
  /**
   * Only what is given here: proxy variables of the environment are not looked at. A function is asked as for `tls`; its URL
   * stays the one that it was.
   */
  readonly proxy?: Present<ProxyOptions>
  /**
   * Use a connection for many requests. Default true; `false` opens one for each, as Distribution does. An endpoint that
   * closes a kept connection just when it is used again costs an attempt.
   */
  readonly keepAlive?: boolean
  /** TCP and TLS; with a proxy also its answer to CONNECT, each of them. A whole number. Default 5 s. */
  readonly connectTimeoutMs?: number
  /**
   * Checks the address of every connection, the proxy's too. An endpoint that has a name is looked up by the proxy, behind
   * which nothing can be checked; one that is an address is.
   */
  readonly addresses?: AddressRules
}

/** The names Node.js has for the same. */
export interface SecureContext {
  readonly ca?: string | string[]
  readonly cert?: string
  readonly key?: string
  readonly passphrase?: string
  readonly servername?: string
}

/**
 * @param option name of the option, for the message
 * @throws CONFIG_INVALID for what cannot be PEM (the name of a file, mostly), and for half a client certificate
 */
export function secureContext(option: string, tls: TlsOptions = {}): SecureContext {
  const { ca, cert, key, passphrase, serverName } = tls
  for (const [name, texts] of Object.entries({ ca, cert, key })) {
    for (const text of [texts ?? []].flat()) {
      if (!text.includes('-----BEGIN ')) {
        throw new RelayError(
          'CONFIG_INVALID',
          `${option}.${name}: expected PEM text, which has a line -----BEGIN …-----`,
        )
      }
    }
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new RelayError('CONFIG_INVALID', `${option}: cert and key are given together or not at all`)
  }
  return {
    ...(ca === undefined ? {} : { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(serverName === undefined ? {} : { servername: serverName }),
  }
}

/**
 * An absolute http or https URL.
 *
 * @param option name of the option, for the message
 * @throws CONFIG_INVALID; the text may hold a secret (user name, password, a token in the query), so no message
 * repeats it
 */
export function httpUrl(option: string, given: string | URL): URL {
  const url = parseUrl(given)
  if (url === null)
    throw new RelayError('CONFIG_INVALID', `${option}: expected an absolute http or https URL`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new RelayError(
      'CONFIG_INVALID',
      `${option}: expected http or https, got ${url.protocol.slice(0, -1)}`,
    )
  }
  return url
}

/** @throws CONFIG_INVALID */
export function proxyUrl(given: string | URL): URL {
  const url = httpUrl('proxy.url', given)
  if (url.pathname === '/' && url.search === '') return url
  throw new RelayError('CONFIG_INVALID', 'proxy.url: expected host and port only, without a path')
}

function parseUrl(given: string | URL): URL | null {
  try {
    return new URL(given)
  } catch {
    return null
  }
}
