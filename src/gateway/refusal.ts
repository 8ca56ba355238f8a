import { isRelayError, type RelayError } from '../errors.ts'

/** An answer that is not a 2xx: told to the sender as `{"code", "message"}`, counted by its code. */
export interface Refusal {
  /** 4xx or 5xx. Never 3xx: registries count those as delivered. */
  readonly status: number
  readonly code: string
  /** Says what was wrong and, where there is one, the limit. Nothing of the body, no secret. */
  readonly message: string
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * How long a sender should stay away. One second: a registry that got a refusal sends the same event again at once
 * and, after ten refusals, every second; a longer time would only be ignored.
 */
const retryAfter: Readonly<Record<string, string>> = { 'Retry-After': '1' }

export const requestRefusals: {
  readonly notFound: Refusal
  readonly methodNotAllowed: Refusal
  readonly unauthorized: Refusal
  readonly encoded: Refusal
  readonly mediaType: Refusal
  readonly expectation: Refusal
  readonly malformed: Refusal
  readonly headersTooLarge: Refusal
  readonly tooManyHeaders: Refusal
  readonly timeout: Refusal
} = {
  notFound: {
    status: 404,
    code: 'NOT_FOUND',
    message: 'Notifications are taken under another path; see gateway.path.',
  },
  methodNotAllowed: {
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    message: 'Notifications come by POST. A registry that sends GET here was redirected: correct its URL.',
    headers: { Allow: 'POST' },
  },
  unauthorized: {
    status: 401,
    code: 'UNAUTHORIZED',
    message: 'The Authorization header is missing or not one of those accepted here.',
    headers: { 'WWW-Authenticate': 'Bearer, Basic realm="registry-relay"' },
  },
  encoded: {
    status: 415,
    code: 'UNSUPPORTED_ENCODING',
    message: 'Bodies are taken as they are: send without Content-Encoding.',
    headers: { 'Accept-Encoding': 'identity' },
  },
  mediaType: {
    status: 415,
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'Content-Type must be the one of notifications, application/json, or end in +json.',
  },
  expectation: { status: 417, code: 'EXPECTATION_FAILED', message: 'The only Expect known is 100-continue.' },
  malformed: { status: 400, code: 'MALFORMED_REQUEST', message: 'The request is not valid HTTP/1.1.' },
  headersTooLarge: {
    status: 431,
    code: 'HEADERS_TOO_LARGE',
    message: 'The header lines are too long.',
  },
  tooManyHeaders: {
    status: 431,
    code: 'TOO_MANY_HEADERS',
    message: 'There are too many header lines; see gateway.limits.maxHeaders.',
  },
  timeout: {
    status: 408,
    code: 'REQUEST_TIMEOUT',
    message: 'The request was not complete in time.',
  },
}

/** `limit` in bytes. */
export function bodyTooLarge(limit: number): Refusal {
  return {
    status: 413,
    code: 'TOO_LARGE',
    message: `The body exceeds gateway.maxBodyBytes, ${limit} bytes.`,
  }
}

/** `limit` in bytes per second. */
export function bodyTooSlow(limit: number): Refusal {
  return {
    status: 408,
    code: 'BODY_TOO_SLOW',
    message: `The body came in slower than gateway.limits.minBodyBytesPerSecond, ${limit} bytes per second.`,
  }
}

/** Bodies of all requests together; `limit` in bytes. */
export function bodiesOverBudget(limit: number): Refusal {
  return {
    status: 503,
    code: 'OVER_BUDGET',
    message: `The bodies in hand exceed ${limit} bytes; try again.`,
    headers: retryAfter,
  }
}

/**
 * What to answer when reading or publishing a notification failed. `undefined` for what nobody foresaw: the caller logs
 * it and answers {@link internalError}, because the message of an unknown error may hold anything.
 */
export function refusalOf(error: unknown): Refusal | undefined {
  if (!isRelayError(error)) return undefined
  switch (error.code) {
    case 'NOT_AN_ENVELOPE':
    case 'EVENT_INVALID':
      return refuse(400, error)
    case 'TOO_LARGE':
    case 'RECORD_REJECTED':
      return refuse(413, error)
    // The relay ends itself for it; its successor reads from the disk what is there.
    case 'SPOOL_FAILED':
      return {
        ...refuse(503, error),
        message: 'The disk of the relay failed; try again.',
        headers: retryAfter,
      }
    // Not retriable on this sink, but the sender's next attempt meets another relay, or this one after its restart.
    case 'SINK_CLOSED':
      return { ...refuse(503, error), message: 'The relay is stopping; try again.', headers: retryAfter }
    default:
      return error.retriable ? { ...refuse(503, error), headers: retryAfter } : undefined
  }
}

/** By the code of node:http's `clientError`; `undefined` where the sender is gone and nobody hears an answer. */
export function refusalOfClientError(code: string | undefined): Refusal | undefined {
  switch (code) {
    case 'ECONNRESET':
    case 'EPIPE':
    case 'HPE_INVALID_EOF_STATE':
      return undefined
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return requestRefusals.timeout
    case 'HPE_HEADER_OVERFLOW':
      return requestRefusals.headersTooLarge
    default:
      return requestRefusals.malformed
  }
}

export const internalError: Refusal = {
  status: 500,
  code: 'INTERNAL',
  message: 'The relay failed; its log says why.',
}

function refuse(status: number, { code, message }: RelayError): Refusal {
  return { status, code, message }
}
