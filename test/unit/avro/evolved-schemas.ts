import type { EventDatum } from '../../../src/avro/event-datum.ts'
import { type EventSchema, eventSchemaOf, registryEventSchema } from '../../../src/avro/event-schema.ts'
import { datumOf } from '../../../src/avro/event-to-datum.ts'
import type { StoredEvent } from '../../../src/avro/stored-event.ts'
import { changed, field, recordIn } from './schema-changes.ts'

/** As the version before this one may have been: without the last field, and without one inside. */
export const before: EventSchema = eventSchemaOf(
  changed((schema) => {
    schema.fields.pop()
    recordIn(field(schema, 'target')).fields.pop()
  }),
)

/** As the next version may be: fields appended, at the top and inside. */
export const next: EventSchema = eventSchemaOf(
  changed((schema) => {
    const text = ['null', 'string']
    schema.fields.push({ name: 'later', type: text, default: null, doc: 'New.' })
    const labels = ['null', { type: 'map', values: 'string' }]
    recordIn(field(schema, 'target')).fields.push({ name: 'labels', type: labels, default: null })
    recordIn(field(schema, 'actor')).fields.push({ name: 'team', type: text, default: null })
  }),
)

export const present: EventSchema = registryEventSchema

/** The Avro binary of an event by any of them, with something in the fields that only the next one has. */
export function encodeBy(schema: EventSchema, stored: StoredEvent): Buffer {
  const datum: EventDatum = datumOf(stored)
  const { target, actor } = datum
  return schema.type.toBuffer({
    ...datum,
    later: 'of the next version',
    target: target === null ? null : { ...target, labels: { a: 'b' } },
    actor: actor === null ? null : { ...actor, team: 'a team' },
  })
}
