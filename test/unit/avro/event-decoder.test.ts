import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { type DecodedRecord, EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { frame } from '../../../src/avro/wire-format.ts'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'

/** A registry in memory: ids and texts, and errors to answer with; counts what it was asked. */
class Registry {
  readonly texts = new Map<number, string>([[7, registryEventSchema.text]])
  asked = 0
  error: RelayError | undefined

  async schemaById(id: number): Promise<string> {
    this.asked += 1
    if (this.error !== undefined) throw this.error
    const text = this.texts.get(id)
    if (text === undefined) throw new RelayError('SCHEMA_UNKNOWN', `no schema ${id}`)
    return text
  }
}

function start(registry = new Registry()) {
  const clock = new ManualClock()
  return { registry, clock, decoder: new EventDecoder({ registry, clock, random: () => 1 }) }
}

const value = (schemaId = 7, datum: Uint8Array = encodeStoredEvent({ event: { id: 'an id' } })): Buffer =>
  frame(schemaId, datum)

async function failure(decode: () => unknown): Promise<RelayError> {
  try {
    await decode()
  } catch (error) {
    assert.ok(isRelayError(error), String(error))
    return error
  }
  return assert.fail('nothing was thrown')
}

test('the bytes of a Kafka record become the event and the Envelope as it was posted', async () => {
  const { decoder } = start()
  let count = 0
  for (const { body, contentType, file } of recordedBodies()) {
    for (const received of readEnvelope(body).events) {
      const { datum } = proveEvent(received, contentType, { receivedAt: 5, publisherId: 'gateway' })
      const record = await decoder.decode(value(7, datum))
      assert.deepEqual(record.event, received.event, file)
      assert.equal(record.body, body.toString(), file)
      assert.equal(record.mediaType, contentType)
      assert.equal(record.ingest?.publisherId, 'gateway')
      assert.equal(record.schemaId, 7)
      count += 1
    }
  }
  assert.ok(count > 250)
})

test('a schema is asked for once, by all who wait for it together, and then read at once', async () => {
  const { decoder, registry } = start()
  const waiting = [decoder.decode(value()), decoder.decode(value()), decoder.decode(value())]
  assert.ok(waiting.every((item) => item instanceof Promise))
  for (const record of await Promise.all(waiting)) assert.equal(record.event.id, 'an id')
  const record = decoder.decode(value())
  assert.equal(record instanceof Promise, false)
  assert.equal((record as DecodedRecord).event.id, 'an id')
  assert.equal(registry.asked, 1)
})

test('an unknown id is asked for again only after a pause, which doubles up to a minute', async () => {
  const { decoder, registry, clock } = start()
  let pauseMs = 1_000
  for (let round = 1; round <= 9; round += 1) {
    for (let i = 0; i < 20; i += 1) {
      const error = await failure(() => decoder.decode(value(99)))
      assert.equal(error.code, 'SCHEMA_UNKNOWN')
      assert.equal(error.retriable, true)
    }
    assert.equal(registry.asked, round)
    await clock.advance(pauseMs - 1)
    await failure(() => decoder.decode(value(99)))
    assert.equal(registry.asked, round)
    await clock.advance(1)
    pauseMs = Math.min(pauseMs * 2, 60_000)
  }
  registry.texts.set(99, registryEventSchema.text)
  assert.equal((await decoder.decode(value(99))).event.id, 'an id')
})

test('a registry that is down holds up only ids that were not met before', async () => {
  const { decoder, registry, clock } = start()
  await decoder.decode(value(7))
  registry.error = new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'down')
  registry.texts.set(8, registryEventSchema.text)
  assert.equal((await decoder.decode(value(7))).schemaId, 7)
  assert.equal((await failure(() => decoder.decode(value(8)))).code, 'SCHEMA_REGISTRY_UNAVAILABLE')
  registry.error = undefined
  await clock.advance(1_000)
  assert.equal((await decoder.decode(value(8))).schemaId, 8)
})

test('what a source of schemas throws of its own counts as not available', async () => {
  const decoder = new EventDecoder({ registry: { schemaById: () => Promise.reject(new Error('odd')) } })
  const error = await failure(() => decoder.decode(value()))
  assert.equal(error.code, 'SCHEMA_REGISTRY_UNAVAILABLE')
  assert.match(error.message, /odd/)
})

test('a later version of the schema, and a copy without documentation, are read in the shape of ours', async () => {
  const { decoder, registry } = start()
  const later = JSON.parse(registryEventSchema.text)
  later.fields.splice(1, 0, { name: 'later', type: ['null', 'string'], default: null })
  registry.texts.set(8, JSON.stringify(later))
  registry.texts.set(9, registryEventSchema.text.replaceAll(/"doc":"[^"]*",?/g, '').replaceAll(',}', '}'))
  const datum = encodeStoredEvent({ event: { id: 'an id', action: 'push' }, redactions: ['/a=drop'] })
  // `id` is the first field; the new one, with the text "new", goes behind it.
  const afterId = 1 + 1 + 'an id'.length
  const written = Buffer.concat([
    datum.subarray(0, afterId),
    Buffer.from('02066e6577', 'hex'),
    datum.subarray(afterId),
  ])
  for (const [schemaId, bytes] of [
    [8, written],
    [9, datum],
  ] as const) {
    const record = await decoder.decode(value(schemaId, bytes))
    assert.deepEqual(record.event, { id: 'an id', action: 'push' })
    assert.deepEqual(record.redactions, ['/a=drop'])
  }
})

test('a schema that is no event is never asked for again', async () => {
  const { decoder, registry, clock } = start()
  registry.texts.set(1, '{"type":"record","name":"Other","fields":[{"name":"id","type":"string"}]}')
  registry.texts.set(2, 'no JSON')
  registry.texts.set(3, registryEventSchema.text.replace('["null","int"]', '["null","string"]'))
  for (const schemaId of [1, 2, 3]) {
    const asked = registry.asked
    for (let i = 0; i < 3; i += 1) {
      assert.equal((await failure(() => decoder.decode(value(schemaId)))).code, 'RECORD_UNDECODABLE')
      await clock.advance(3_600_000)
    }
    assert.equal(registry.asked, asked + 1)
  }
})

test('a flood of invented ids does not fill the memory, and does not push out what is in use', async () => {
  const { decoder, registry } = start()
  await decoder.decode(value(7))
  for (let id = 100; id < 1_200; id += 1) await failure(() => decoder.decode(value(id)))
  assert.equal(registry.asked, 1 + 1_100)
  await failure(() => decoder.decode(value(1_199)))
  assert.equal(registry.asked, 1 + 1_100)
  // The oldest of the failures was forgotten.
  await failure(() => decoder.decode(value(100)))
  assert.equal(registry.asked, 1 + 1_101)
  assert.equal((decoder.decode(value(7)) as DecodedRecord).event.id, 'an id')
})

test('no frame, bytes missing, and bytes too many are not decodable', async () => {
  const { decoder } = start()
  const good = value()
  for (const bad of [
    Buffer.from('{"a":1}'),
    Buffer.alloc(3),
    good.subarray(0, -1),
    Buffer.concat([good, Buffer.alloc(1)]),
  ]) {
    const error = await failure(() => decoder.decode(bad))
    assert.equal(error.code, 'RECORD_UNDECODABLE')
    assert.equal(error.retriable, false)
  }
})

test('every cut and every flipped bit of recorded events is an answer or an error, in bounded time and memory', async () => {
  const { decoder } = start()
  await decoder.decode(value())
  let decoded = 0
  let refused = 0
  const tryOne = (bytes: Buffer): void => {
    try {
      void decoder.decode(bytes)
      decoded += 1
    } catch (error) {
      assert.ok(isRelayError(error, 'RECORD_UNDECODABLE'), String(error))
      refused += 1
    }
  }
  for (const { body, contentType } of recordedBodies().filter((_, index) => index % 12 === 0)) {
    const [received] = readEnvelope(body).events
    if (received === undefined) continue
    const bytes = value(7, proveEvent(received, contentType).datum)
    for (let end = 5; end < bytes.length; end += 1) tryOne(bytes.subarray(0, end))
    // The frame apart: another id is another question.
    for (let bit = 5 * 8; bit < bytes.length * 8; bit += 1) {
      const flipped = Buffer.from(bytes)
      flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
      tryOne(flipped)
    }
  }
  assert.ok(decoded > 10_000 && refused > 10_000, `${decoded} decoded, ${refused} refused`)
})
