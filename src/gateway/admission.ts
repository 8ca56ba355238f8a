import { isEventsMediaType } from '../event/media-types.ts'
import type { AcceptedAuthorizations } from './authorization.ts'
import { bodyTooLarge, type Refusal, requestRefusals } from './refusal.ts'

/** Of a request, what is known before its body is read. */
export interface RequestHead {
  readonly method?: string | undefined
  /** Path and query, or an absolute URL. */
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** Every line of a header, by lower-case name. */
  readonly headersDistinct: Readonly<Record<string, readonly string[] | undefined>>
}

export interface AdmissionOptions {
  readonly path: string
  readonly maxBodyBytes: number
  readonly authorizations: AcceptedAuthorizations
}

/**
 * Decides by the head alone whether the body is worth reading; `undefined` admits. Credentials come before everything
 * that tells something about the limits of this gateway.
 */
export function refusalByHead(request: RequestHead, options: AdmissionOptions): Refusal | undefined {
  if (pathOf(request.url) !== options.path) return requestRefusals.notFound
  if (request.method !== 'POST') return requestRefusals.methodNotAllowed
  if (
    options.authorizations.required &&
    !options.authorizations.accept(request.headersDistinct['authorization'])
  ) {
    return requestRefusals.unauthorized
  }
  if (!isIdentity(request.headers['content-encoding'])) return requestRefusals.encoded
  const contentType = request.headers['content-type']
  // None is refused too: a web page can make a browser post without one, or with text/plain, to a gateway on its
  // machine, but not with a JSON type.
  if (typeof contentType !== 'string' || !isEventsMediaType(contentType)) return requestRefusals.mediaType
  if (Number(request.headers['content-length'] ?? 0) > options.maxBodyBytes) {
    return bodyTooLarge(options.maxBodyBytes)
  }
  return undefined
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
