import { hash, randomUUID } from 'node:crypto'
import { registryEventSchema } from '../avro/event-schema.ts'
import { type IngestFacts, proveEvent } from '../avro/proof.ts'
import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, RelayError } from '../errors.ts'
import { type ReadEnvelope, type ReceivedEvent, readEnvelope } from '../event/envelope.ts'
import type { Event } from '../event/event.ts'
import { recordKey } from '../event/record-key.ts'
import type { GatewayItem } from './gateway-item.ts'
import type { Arrival, Quarantine, Rejected } from './quarantine.ts'

/** A notification, read: what it leaves behind, in the order of the Envelope. */
export interface Notification {
  readonly items: readonly GatewayItem[]
  /** Events whose fields alone give back what was sent. */
  readonly typed: number
  /** Events stored with the text they came as, because the fields alone would not. */
  readonly verbatim: number
  /** Events that name no repository and are keyed by something else. */
  readonly withoutRepository: number
  /** Members of another type than the format gives them; what was sent is in the text stored beside the fields. */
  readonly misfits: number
  /** Events that the ignore rules keep out: acknowledged and not stored. */
  readonly ignored: number
  /** Items that are kept as rejected. */
  readonly quarantined: number
}

/**
 * Makes items of a body.
 *
 * @throws RelayError in strict mode only: NOT_AN_ENVELOPE, EVENT_INVALID or TOO_LARGE (too many events), with a message
 * that holds nothing of the body.
 */
export type Intake = (body: Buffer, arrival: Arrival) => Notification

export interface IntakeOptions {
  readonly quarantine: Quarantine
  /** Refuse what is no Envelope, instead of keeping it as rejected. Default false: a refusal blocks the registry. */
  readonly strict?: boolean
  /** True for events that are not to be stored. Default: none. */
  readonly ignores?: (event: Event) => boolean
  /** Takes out of an event what must not be stored, and says what that was. Default: nothing. */
  readonly redact?: (received: ReceivedEvent) => Redacted
  /** In one Envelope. Default: the one of {@link readEnvelope}. */
  readonly maxEvents?: number
  /** Named in every record as its publisher. */
  readonly publisherId?: string
  readonly clock?: Clock
  /** Names one notification, so that its events can be found together again. Default: a random UUID. */
  readonly newEnvelopeId?: () => string
}

export interface Redacted {
  readonly received: ReceivedEvent
  readonly redactions: readonly string[] | undefined
}

const digestBytes = 16

/**
 * Of a mixed Envelope the events are stored and the rest is kept as rejected, each under its place: one answer goes to
 * the sender, and it must not be the one that makes it post all of it again. In strict mode it is all or nothing.
 */
export function createIntake(options: IntakeOptions): Intake {
  const { quarantine, strict = false, publisherId, clock = systemClock, newEnvelopeId = randomUUID } = options
  const limits = options.maxEvents === undefined ? {} : { maxEvents: options.maxEvents }
  return (body, arrival) => {
    let envelope: ReadEnvelope
    try {
      envelope = readEnvelope(body, limits)
    } catch (error) {
      if (strict || !isRelayError(error)) throw error
      const { code: reason, message } = error
      return { ...nothing, items: [quarantine({ reason, message, content: body }, arrival)], quarantined: 1 }
    }
    const { events, rejected } = envelope
    const [misfit] = rejected
    if (strict && misfit !== undefined) {
      throw new RelayError('NOT_AN_ENVELOPE', `Not an Envelope: ${misfit.reason}.`)
    }
    const count = new Count()
    const facts: IngestFacts = {
      receivedAt: clock.now(),
      envelopeId: newEnvelopeId(),
      envelopeCount: events.length + rejected.length,
      ...(publisherId === undefined ? {} : { publisherId }),
    }
    const items = new Map<number, GatewayItem>()
    const reject = (index: number, reason: string, message: string, text: string): void => {
      count.quarantined++
      const content = Buffer.from(text, 'utf8')
      const about = { eventIndex: index, envelopeId: facts.envelopeId ?? '' }
      items.set(index, quarantine({ reason, message, content, ...about }, arrival))
    }
    for (const received of events) {
      if (options.ignores?.(received.event)) {
        count.ignored++
        continue
      }
      const kept = options.redact?.(received) ?? { received, redactions: undefined }
      try {
        items.set(received.index, itemOf(kept, arrival, facts, count))
      } catch (error) {
        if (strict || !isRelayError(error, 'EVENT_INVALID')) throw error
        reject(received.index, error.code, error.message, kept.received.envelopeText)
      }
    }
    if (envelope.more) {
      count.quarantined++
      items.set(Number.POSITIVE_INFINITY, quarantine(besideEvents(body, options), arrival))
    }
    for (const { index, text, reason } of rejected) {
      reject(index, 'NOT_AN_EVENT', `Not an event: ${reason}.`, text)
    }
    return { ...count, items: inOrder(items) }
  }
}

/** A policy that takes something out of events has no hold on a whole body: then only its digest is kept. */
function besideEvents(body: Buffer, { redact }: IntakeOptions): Rejected {
  return {
    reason: 'MORE_THAN_EVENTS',
    message: 'The body says something beside its list of events, which are stored.',
    content: redact === undefined ? body : Buffer.alloc(0),
    whole: { bytes: body.length, sha256: hash('sha256', body, 'hex') },
  }
}

const nothing: Omit<Notification, 'items'> = {
  typed: 0,
  verbatim: 0,
  withoutRepository: 0,
  misfits: 0,
  ignored: 0,
  quarantined: 0,
}

class Count implements Omit<Notification, 'items'> {
  typed = 0
  verbatim = 0
  withoutRepository = 0
  misfits = 0
  ignored = 0
  quarantined = 0
}

function itemOf(
  { received, redactions }: Redacted,
  { contentType, trace }: Arrival,
  facts: IngestFacts,
  count: Count,
): GatewayItem {
  const { event, envelopeText, problems, index } = received
  const { key, from } = recordKey(event)
  const { datum, way } = proveEvent(received, contentType, { ...facts, envelopeIndex: index }, redactions)
  count[way]++
  if (from !== 'repository') count.withoutRepository++
  count.misfits += problems.length
  return {
    kind: 'event',
    record: {
      key: Buffer.from(key, 'utf8'),
      datum,
      fingerprint: registryEventSchema.fingerprint,
      receivedAt: facts.receivedAt ?? 0,
      ...(trace === undefined ? {} : { headers: { ...trace } }),
    },
    digest: hash('sha256', envelopeText, 'buffer').subarray(0, digestBytes),
    ...(event.id ? { id: event.id } : {}),
  }
}

function inOrder(items: ReadonlyMap<number, GatewayItem>): readonly GatewayItem[] {
  if (items.size < 2) return [...items.values()]
  return [...items].sort(([a], [b]) => a - b).map(([, item]) => item)
}
