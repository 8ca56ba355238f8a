import { RelayError } from '../errors.ts'
import type { verdictCodes } from './delivery-verdict.ts'

/** What one attempt came to. */
export type DeliveryOutcome = { readonly kind: 'delivered'; readonly status: number } | FailedAttempt

export interface FailedAttempt {
  readonly kind: 'failed'
  /** Absent when no answer came. */
  readonly status?: number
  /** Few values, fit for a metric label: `status 503`, `ECONNREFUSED`, `UND_ERR_HEADERS_TIMEOUT`. */
  readonly reason: string
  /** The endpoint asked for this pause, milliseconds. */
  readonly retryAfterMs?: number
}

/** `DELIVERY_FAILED` for all that does not say more. */
export type FailureCode = (typeof verdictCodes)[keyof typeof verdictCodes]

export interface Answer {
  readonly status: number
  readonly retryAfter?: string | undefined
  /** When it came, milliseconds since the epoch: `Retry-After` may be a date. */
  readonly receivedAt: number
  /** Longest pause an endpoint may ask for. */
  readonly maxRetryAfterMs: number
}

/**
 * For an endpoint as a registry has it: only 2xx is delivered, and everything else is tried again, since a wrong credential
 * must not lose an event. A redirect is not followed: a receiver that moved could name any address of the inner network,
 * and a 301 turns the POST into a GET without the event.
 */
export function outcomeOfAnswer(answer: Answer): DeliveryOutcome {
  const { status } = answer
  return status >= 200 && status <= 299 ? { kind: 'delivered', status } : failureOfAnswer(answer)
}

/** Of an answer that is no success. */
export function failureOfAnswer({ status, retryAfter, receivedAt, maxRetryAfterMs }: Answer): FailedAttempt {
  const retryAfterMs = readRetryAfter(retryAfter, receivedAt, maxRetryAfterMs)
  const failure = { kind: 'failed', status, reason: `status ${status}` } as const
  return retryAfterMs === undefined ? failure : { ...failure, retryAfterMs }
}

/** No answer: refused, reset, timed out, not HTTP, name or certificate wrong. */
export function outcomeOfError(error: unknown): FailedAttempt {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  const reason = typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown'
  return { kind: 'failed', reason }
}

/**
 * Milliseconds, from seconds or an HTTP date, within [0, cap]; undefined when there is none or it is neither.
 * A date in the past means at once.
 */
export function readRetryAfter(value: string | undefined, now: number, capMs: number): number | undefined {
  if (value === undefined) return undefined
  const text = value.trim()
  // Number() makes Infinity of a thousand digits, and min() makes the cap of that.
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, capMs)
  // HTTP dates begin with the day's name. Date.parse alone would also take "-5" or "1.5" for dates.
  const date = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.min(Math.max(date - now, 0), capMs)
}

/**
 * The error of a failed attempt: status and reason as facts, never a header, a body or the path of the URL.
 */
export function deliveryFailed(
  origin: string,
  attempt: FailedAttempt,
  options: { readonly cause?: Error; readonly code?: FailureCode } = {},
): RelayError {
  const { kind: _, ...facts } = attempt
  const said =
    attempt.status === undefined ? `gave no answer (${attempt.reason})` : `answered ${attempt.status}`
  const { cause, code = 'DELIVERY_FAILED' } = options
  return new RelayError(code, `${origin} ${said}`, { cause, facts: { origin, ...facts } })
}
