import { RelayError } from '../errors.ts'
import type { RegistryAnswer } from './registry-http.ts'

/** The registry's own number for what went wrong, such as 40403; undefined if a proxy or another server answered. */
export function errorCodeOf({ body }: RegistryAnswer): number | undefined {
  const code = member(body, 'error_code')
  return typeof code === 'number' ? code : undefined
}

/** What the registry said, at most 300 characters. */
function messageOf({ body }: RegistryAnswer): string {
  const message = member(body, 'message')
  return typeof message === 'string' ? message.slice(0, 300) : 'no message'
}

/** The value of a member of the answer, undefined if it has none. */
export function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[name] : undefined
}

/**
 * The error for an answer that no caller has a meaning for. The codes tell apart what waiting can mend from what a
 * person must: credentials, a refused schema, an address that is another server's.
 */
export function unexpected(what: string, answer: RegistryAnswer): RelayError {
  const { status, retryAfterMs } = answer
  const facts = {
    status,
    errorCode: errorCodeOf(answer),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  }
  if (status === 401 || status === 403) {
    return new RelayError('SCHEMA_REGISTRY_REFUSED', `${what}: status ${status}, ${messageOf(answer)}`, {
      facts,
    })
  }
  // What is wrong with the schema, its shape (400, 422) or what came before it (409). A proxy that says 400 has no code.
  if (status === 409 || status === 422 || (status === 400 && errorCodeOf(answer) !== undefined)) {
    return new RelayError('SCHEMA_INCOMPATIBLE', `${what}: ${messageOf(answer)}`, { facts })
  }
  const reason =
    status < 300
      ? 'the answer is not the one of a schema registry'
      : status < 500 && errorCodeOf(answer) === undefined
        ? `status ${status} without an error code; is the URL the one of a schema registry, path included?`
        : `status ${status}, ${messageOf(answer)}`
  return new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', `${what}: ${reason}`, { facts })
}
