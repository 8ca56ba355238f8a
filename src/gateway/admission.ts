import { isEventsMediaType } from '../event/media-types.ts'
import type { AcceptedAuthorizations } from './authorization.ts'
import { type Refusal, requestRefusals } from './refusal.ts'

/** Of a request, what is known before its body is read. */
export interface RequestHead {
  readonly httpVersion: string
  readonly method?: string | undefined
  /** Path and query, or an absolute URL. */
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Every line of a header, by lower-case name. */
  readonly headersDistinct: Readonly<Record<string, readonly string[] | undefined>>
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
}

export interface AdmissionOptions {
  readonly path: string
  readonly maxHeaders: number
  readonly authorizations: AcceptedAuthorizations
}

/**
 * Decides by the head alone whether the sender may post here; `undefined` admits. Credentials come before everything
 * that tells something about the limits of this gateway.
 */
export function refusalByHead(request: RequestHead, options: AdmissionOptions): Refusal | undefined {
  if (request.rawHeaders.length > 2 * options.maxHeaders) return requestRefusals.tooManyHeaders
  if (isAmbiguous(request)) return requestRefusals.malformed
  if (pathOf(request.url) !== options.path) return requestRefusals.notFound
  if (request.method !== 'POST') return requestRefusals.methodNotAllowed
  if (
    options.authorizations.required &&
    !options.authorizations.accept(request.headersDistinct['authorization'])
  ) {
    return requestRefusals.unauthorized
  }
  // node:http takes any list in which 100-continue stands.
  const expectation = request.headers['expect']
  if (expectation !== undefined && String(expectation).toLowerCase() !== '100-continue') {
    return requestRefusals.expectation
  }
  return undefined
}

/** What of the head says that the body is no Envelope. It is refused for that, or kept as rejected. */
export function objectionByHead({ headers }: RequestHead): Refusal | undefined {
  if (!isIdentity(headers['content-encoding'])) return requestRefusals.encoded
  // Of `gzip, chunked` node:http undoes the second.
  const transfer = headers['transfer-encoding']
  if (transfer !== undefined && String(transfer).toLowerCase() !== 'chunked') return requestRefusals.encoded
  const contentType = headers['content-type']
  // None is no Envelope either: a web page can make a browser post without one, or with text/plain, to a gateway on its
  // machine, but not with a JSON type.
  if (typeof contentType !== 'string' || !isEventsMediaType(contentType)) return requestRefusals.mediaType
  return undefined
}

/** Bytes of the body by its Content-Length; `undefined` where only its end will tell. */
export function declaredBytes({ headers }: RequestHead): number | undefined {
  const length = headers['content-length']
  return length === undefined ? undefined : Number(length)
}

/**
 * What node:http lets through and a proxy in front of it may understand in another way: other versions than 1.0 and 1.1,
 * chunks in 1.0, which does not know them, an empty Transfer-Encoding, of which it takes no notice, and no host or several.
 */
function isAmbiguous({ httpVersion, headers, headersDistinct }: RequestHead): boolean {
  const hosts = headersDistinct['host']?.length ?? 0
  const transfer = headers['transfer-encoding']
  if (httpVersion === '1.0') return hosts > 1 || transfer !== undefined
  return httpVersion !== '1.1' || hosts !== 1 || transfer === ''
}

/** Registries send the configured URL with its query; proxies may send the absolute form. */
function pathOf(url: string | undefined): string | undefined {
  if (url === undefined) return undefined
  if (url.startsWith('/')) return url.split('?', 1)[0]
  return URL.canParse(url) ? new URL(url).pathname : undefined
}

function isIdentity(encoding: string | readonly string[] | undefined): boolean {
  return encoding === undefined || String(encoding).trim().toLowerCase() === 'identity'
}
