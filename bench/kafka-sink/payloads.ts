import { randomUUID } from 'node:crypto'
import type { EventRecord } from '../../src/avro/record.ts'
import type { Event } from '../../src/event/event.ts'
import { recordedBodies } from '../../test/support/notification-fixtures.ts'
import type { Built } from './built.ts'

/** The id that every datum is framed with; no schema registry is asked here. */
export const schemaId = 1

const events = 2_000
const repositories = 500

/** An image pushed, pulled, mounted and tagged; without manifests that list hundreds of others. */
const ordinary = /^(01|02|03|05|09|10|11|22)-/

/** What a Distribution 3.1.1 sent meanwhile, each event with an id and one of 500 repositories of its own. */
export function eventsOf({ envelope }: Built): readonly Event[] {
  const recorded = recordedBodies()
    .filter(({ set, scenario }) => set === 'distribution-3.1.1' && ordinary.test(scenario))
    .flatMap(({ body }) => envelope.readEnvelope(body).events.map(({ event }) => event))
  return Array.from({ length: events }, (_, n) => {
    const event = recorded[n % recorded.length] as Event
    const repository = `team-${n % 20}/service-${n % repositories}`
    return { ...event, id: randomUUID(), target: { ...event.target, repository } }
  })
}

/** The same, encoded and proven, as a gateway hands them on. */
export function recordsOf(parts: Built): readonly EventRecord[] {
  const { proof, recordKey, schema } = parts
  const receivedAt = Date.now()
  return eventsOf(parts).map((event) => ({
    key: Buffer.from(recordKey.recordKey(event).key),
    datum: proof.proveWrittenEvent(event, undefined, { receivedAt }).datum,
    fingerprint: schema.registryEventSchema.fingerprint,
    receivedAt,
  }))
}

export interface ReadyBytes {
  readonly key: Buffer
  readonly value: Buffer
}

/** The same, down to the bytes of key and value. */
export function bytesOf(parts: Built): readonly ReadyBytes[] {
  return recordsOf(parts).map(({ key, datum }) => ({ key, value: parts.wireFormat.frame(schemaId, datum) }))
}
