import type { Clock } from '../clock.ts'
import { isRelayError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DeadLetterReason } from '../kafka/dead-letter-port.ts'
import type { DeliveryRetrySettings } from './delivery-retry.ts'
import type { RecordHistory } from './record-history.ts'

export interface GivingUpRules {
  readonly retry: DeliveryRetrySettings
  /** From the first attempt for a record whose schema is not known until it is given up, milliseconds. */
  readonly unknownSchemaMs: number
  readonly clock: Clock
}

/** Writes a failure to read or deliver a record into its history. */
export function noteFailure(history: RecordHistory, error: Error, clock: Clock): void {
  const status = isRelayError(error) ? error.facts['status'] : undefined
  const now = clock.now()
  history.firstFailureAt ??= now
  history.lastFailureAt = now
  history.lastStatus = typeof status === 'number' ? status : undefined
  if (isRelayError(error, 'DELIVERY_FAILED')) history.failures++
}

/**
 * Why a record that failed goes into the dead letters; undefined: it is tried again.
 *
 * What is not retriable is given up, but for what says nothing about the record: an endpoint that is gone, a bridge that
 * closes. The limits are looked at after a failure to deliver.
 */
export function givenUp(
  error: Error,
  stage: 'decode' | 'deliver',
  record: ConsumedRecord,
  history: RecordHistory,
  rules: GivingUpRules,
): DeadLetterReason | undefined {
  if (!isRelayError(error) || error.code === 'SINK_CLOSED' || error.code === 'ENDPOINT_GONE') return undefined
  const { code } = error
  const now = rules.clock.now()
  const because = (message: string): DeadLetterReason => ({
    code,
    message,
    stage,
    attempts: history.attempts,
    firstFailureAt: history.firstFailureAt ?? now,
    lastFailureAt: history.lastFailureAt ?? now,
    lastStatus: history.lastStatus,
  })
  if (!error.retriable || (code === 'SCHEMA_UNKNOWN' && isStale(history, rules)))
    return because(error.message)
  if (stage === 'decode') return undefined
  const { maxAttempts = Number.POSITIVE_INFINITY, maxAgeMs = Number.POSITIVE_INFINITY } = rules.retry
  if (history.failures >= maxAttempts)
    return because(`given up after ${history.failures} failures: ${error.message}`)
  const ageMs = now - record.timestamp
  return ageMs < maxAgeMs
    ? undefined
    : because(`given up ${ageMs} ms after it was received: ${error.message}`)
}

/**
 * A schema registry that is down, or refuses us, passes, however long it takes: treating that as poison would empty the topic
 * into the dead letters. One that answers and does not know the schema may be a replica that is behind; an id that it does
 * not know after that will not come by waiting, and holds up its repository.
 */
function isStale({ begunAt }: RecordHistory, { clock, unknownSchemaMs }: GivingUpRules): boolean {
  const now = clock.monotonic()
  return now - (begunAt ?? now) >= unknownSchemaMs
}
