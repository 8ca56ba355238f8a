import { randomUUID } from 'node:crypto'
import { registryEventSchema } from '../avro/event-schema.ts'
import { proveEvent } from '../avro/proof.ts'
import type { EventRecord } from '../avro/record.ts'
import { type Clock, systemClock } from '../clock.ts'
import { type ReceivedEvent, readEnvelope } from '../event/envelope.ts'
import { recordKey } from '../event/record-key.ts'

/** A notification, read: its events in the order of the Envelope, ready to be published. */
export interface Notification {
  readonly records: readonly EventRecord[]
  /** Events whose fields alone give back what was sent. */
  readonly typed: number
  /** Events stored with the text they came as, because the fields alone would not. */
  readonly verbatim: number
  /** Events that name no repository and are keyed by something else. */
  readonly withoutRepository: number
  /** Members of another type than the format gives them; what was sent is in the text stored beside the fields. */
  readonly misfits: number
}

/**
 * Makes records of a body.
 *
 * @throws RelayError NOT_AN_ENVELOPE or EVENT_INVALID, with a message that holds nothing of the body.
 */
export type Intake = (body: Uint8Array, contentType: string | undefined) => Notification

export interface IntakeOptions {
  /** Named in every record as its publisher. */
  readonly publisherId?: string
  readonly clock?: Clock
  /** Names one notification, so that its events can be found together again. Default: a random UUID. */
  readonly newEnvelopeId?: () => string
}

/**
 * All or nothing: an Envelope of which one event cannot be stored gives no records, because its sender gets one answer
 * for all of it and sends all of it again.
 */
export function createIntake(options: IntakeOptions = {}): Intake {
  const { publisherId, clock = systemClock, newEnvelopeId = randomUUID } = options
  return (body, contentType) => {
    const received = readEnvelope(body)
    const common = {
      receivedAt: clock.now(),
      envelopeId: newEnvelopeId(),
      envelopeCount: received.length,
      ...(publisherId === undefined ? {} : { publisherId }),
    }
    let typed = 0
    let withoutRepository = 0
    const records = received.map((item, envelopeIndex): EventRecord => {
      const { key, from } = recordKey(item.event)
      const { datum, way } = proveEvent(item, contentType, { ...common, envelopeIndex })
      if (way === 'typed') typed++
      if (from !== 'repository') withoutRepository++
      return {
        key: Buffer.from(key, 'utf8'),
        datum,
        fingerprint: registryEventSchema.fingerprint,
        receivedAt: common.receivedAt,
      }
    })
    return {
      records,
      typed,
      verbatim: records.length - typed,
      withoutRepository,
      misfits: received.reduce((sum: number, item: ReceivedEvent) => sum + item.problems.length, 0),
    }
  }
}
