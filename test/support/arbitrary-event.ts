import fc from 'fast-check'
import type { StoredEvent } from '../../src/avro/stored-event.ts'
import type { Event } from '../../src/event/event.ts'

const text = fc.string({ unit: 'binary', maxLength: 70 })
const texts = fc.array(text, { maxLength: 3 })
const count = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
)
/** Without `__proto__`, which avsc does not read back: that one has tests of its own. */
const key = text.filter((name) => name !== '__proto__')
const textMap = fc.array(fc.tuple(key, text), { maxLength: 4 }).map((entries) => new Map(entries))
const metaMap = fc.array(fc.tuple(key, fc.json()), { maxLength: 3 }).map((entries) => new Map(entries))

function some<T>(members: { [Name in keyof T]-?: fc.Arbitrary<NonNullable<T[Name]>> }): fc.Arbitrary<T> {
  return fc.record(members, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<T>
}

const platform = some<NonNullable<NonNullable<Event['target']>['platform']>>({
  architecture: text,
  os: text,
  osVersion: text,
  osFeatures: texts,
  variant: text,
  features: texts,
})

const descriptor = {
  mediaType: text,
  digest: text,
  size: count,
  urls: texts,
  annotations: textMap,
  data: text,
  platform,
  artifactType: text,
}

/** Events of every shape the model allows: any member absent, empty, or filled with anything. */
export const arbitraryEvent: fc.Arbitrary<Event> = some<Event>({
  id: text,
  timestamp: fc.oneof(
    text,
    fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  ),
  action: text,
  target: some<NonNullable<Event['target']>>({
    ...descriptor,
    rename: some<NonNullable<NonNullable<Event['target']>['rename']>>({ type: text, from: text, to: text }),
    length: count,
    repository: text,
    fromRepository: text,
    url: text,
    tag: text,
    references: fc.array(some<NonNullable<NonNullable<Event['target']>['references']>[number]>(descriptor), {
      maxLength: 3,
    }),
  }),
  request: some<NonNullable<Event['request']>>({
    id: text,
    addr: text,
    host: text,
    method: text,
    useragent: text,
  }),
  actor: some<NonNullable<Event['actor']>>({ name: text, userType: text, user: text }),
  source: some<NonNullable<Event['source']>>({ addr: text, instanceID: text }),
  meta: metaMap,
})

const index = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })

/** The same with everything that can stand beside an event. */
export const arbitraryStoredEvent: fc.Arbitrary<StoredEvent> = fc
  .record({ event: arbitraryEvent })
  .chain(({ event }) =>
    some<Omit<StoredEvent, 'event'>>({
      rawEnvelope: text,
      redactions: texts,
      ingest: some<NonNullable<StoredEvent['ingest']>>({
        receivedAt: fc.maxSafeInteger(),
        publisherId: text,
        envelopeId: text,
        envelopeIndex: index,
        envelopeCount: index,
        contentType: text,
        profile: text,
      }),
    }).map((beside) => ({ event, ...beside })),
  )
