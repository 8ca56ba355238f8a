import { RelayError } from '../../errors.ts'

export interface Token {
  readonly value: string
  /** From the moment of the answer, milliseconds. */
  readonly lifetimeMs: number
}

/** What is taken for an answer that does not say how long its token is valid. */
const unsaidLifetimeMs = 60_000

/** Of a token endpoint, the body still as text. */
export interface TokenAnswer {
  readonly status: number
  readonly body: string
}

/**
 * The token in an answer, as RFC 6749 (5.1, 5.2) has it.
 *
 * @param from for messages: `the token endpoint https://… (client relay)`
 * @throws RelayError KAFKA_CONFIGURATION when somebody must correct something, KAFKA_UNAVAILABLE when it may pass
 */
export function readTokenAnswer({ status, body }: TokenAnswer, from: string): Token {
  const answer = parsed(body)
  const { access_token: value, expires_in: seconds } = answer
  if (status === 200 && typeof value === 'string' && value !== '') {
    const lifetime = Number(seconds)
    return { value, lifetimeMs: lifetime > 0 ? lifetime * 1_000 : unsaidLifetimeMs }
  }
  if (status === 200) throw configuration(`${from} answers without an access_token: check tokenUrl`)
  const error = wordOf(answer['error'])
  const said = `${from} answers ${status}${error === undefined ? '' : ` ${error}`}`
  if (status === 429 || status >= 500) throw new RelayError('KAFKA_UNAVAILABLE', said)
  throw configuration(`${said}: ${advice(status, error)}`)
}

function advice(status: number, error: string | undefined): string {
  if (error === 'invalid_scope') return 'check scope, and what the provider grants this client'
  if (error === 'unauthorized_client' || error === 'unsupported_grant_type') {
    return 'allow this client the grant client_credentials'
  }
  if (status === 401 || error === 'invalid_client') return 'check clientId and clientSecret'
  if (status >= 300 && status < 400) return 'redirects are not followed; give the address itself as tokenUrl'
  if (status === 404 || status === 405) return 'check tokenUrl'
  return 'check tokenUrl, clientId, clientSecret, scope and audience'
}

/** Only the code: a description may repeat what was sent. */
function wordOf(error: unknown): string | undefined {
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : undefined
}

function parsed(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function configuration(message: string): RelayError {
  return new RelayError('KAFKA_CONFIGURATION', message)
}
