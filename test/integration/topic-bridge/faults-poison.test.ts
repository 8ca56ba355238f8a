import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import type kafkajs from 'kafkajs'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { status } from '../../support/raw-receiver.ts'
import { BridgeBed, eventOf } from './bridge-bed.ts'
import { FaultRun } from './fault-run.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

const ok = status(200)

/** A record of the key with its number, good ones between the bad ones so that they show whether it goes on. */
function among(bad: readonly (Buffer | null)[], key = 'team/app'): kafkajs.Message[] {
  return bad.flatMap((value, n) => [
    { key, value },
    { key, value: bed.value(eventOf(key, n)) },
  ])
}

/** Runs the messages through a bridge, and tells what became of each. */
async function outcomes(t: Parameters<typeof FaultRun.start>[0], messages: kafkajs.Message[]) {
  const where = await bed.topic(1)
  for (let at = 0; at < messages.length; at += 500) {
    await bed.send(where.topic, messages.slice(at, at + 500))
  }
  const run = await FaultRun.start(t, { bed, answer: ok, where, unknownSchemaMs: 200 })
  await run.ended()
  const letters = await run.deadLetters()
  const dead = new Map(letters.map((letter) => [Number(letter.headers['__connect.errors.offset']), letter]))
  const delivered = run.asked.map(({ offset }) => offset)
  // Each has one outcome and not two, and those of a key came in order.
  assert.deepEqual(
    [...dead.keys(), ...delivered].toSorted((a, b) => a - b),
    messages.map((_, offset) => offset),
  )
  const last = new Map<string, number>()
  for (const offset of delivered) {
    const key = String(messages[offset]?.key)
    assert.ok(offset > (last.get(key) ?? -1), `${offset} of ${key} after ${last.get(key)}`)
    last.set(key, offset)
  }
  // Byte for byte; what has no value reads as an empty one.
  for (const [offset, { key, value }] of dead) {
    const message = messages[offset] as kafkajs.Message
    assert.deepEqual(value, message.value ?? Buffer.alloc(0), `offset ${offset}`)
    assert.equal(key, String(message.key))
  }
  assert.equal(run.bridge.readiness().ready, true)
  return { run, dead, delivered }
}

describe('records that are none, before a bridge on a real Kafka', { concurrency: 2 }, () => {
  test('P1: bytes without the frame, empty ones, none at all and later framings are dead letters, and the events between them are delivered', async (t) => {
    const good = bed.value(eventOf('team/app', 0))
    const guid = Buffer.concat([Buffer.from([1]), Buffer.alloc(16, 7), good.subarray(5)])
    const bad: (Buffer | null)[] = [
      ...Array.from({ length: 255 }, (_, n) => Buffer.concat([Buffer.from([n + 1]), good.subarray(1)])),
      ...[Buffer.alloc(0), null, ...[1, 2, 3, 4].map((length) => good.subarray(0, length))],
      ...[guid, Buffer.from('{"events":[]}'), Buffer.from('no record'), good.subarray(5)],
    ]
    const messages = among(bad)
    // As serializers write it that keep the id of the schema out of the value.
    const inHeaders = { __value_schema_id: Buffer.concat([Buffer.from([1]), Buffer.alloc(16, 7)]) }
    messages.push({ key: 'team/app', value: good.subarray(5), headers: inHeaders })
    const { dead, delivered } = await outcomes(t, messages)
    assert.deepEqual([dead.size, delivered.length], [bad.length + 1, bad.length])
    const letter = dead.get(messages.length - 1)
    assert.equal(letter?.headers['__value_schema_id'], String(inHeaders.__value_schema_id))
    for (const { headers } of dead.values()) {
      assert.equal(headers['__connect.errors.exception.class.name'], 'RECORD_UNDECODABLE')
      assert.equal(headers['__connect.errors.stage'], 'VALUE_CONVERTER')
    }
  })

  test('P1: records without a key, and keys that are no text, are delivered, each kind in its order', async (t) => {
    const keys = [null, Buffer.alloc(0), Buffer.from([0xff, 0xfe, 0])]
    const messages = [0, 1, 2].flatMap((n) =>
      keys.map((key) => ({ key, value: bed.value(eventOf('team/app', n)) })),
    )
    const { delivered } = await outcomes(t, messages)
    assert.equal(delivered.length, 9)
  })

  test('P2: every record that ends too early is a dead letter, as is one with bytes behind it', async (t) => {
    const values = [
      bed.value(eventOf('team/app', 0)),
      bed.valueOf('{"events": [{"id":"1","unknown":[1,{"a":null}],"target":{"repository":"r"}}]}'),
    ]
    const bad = values.flatMap((value) => [
      ...Array.from({ length: value.length }, (_, length) => value.subarray(0, length)),
      Buffer.concat([value, Buffer.from([0])]),
      Buffer.concat([value, value]),
    ])
    const { dead } = await outcomes(
      t,
      bad.flatMap((value, n) => [
        { key: `team/${n % 20}`, value },
        ...(n % 10 === 0 ? [{ key: `team/${n % 20}`, value: bed.value(eventOf(`team/${n % 20}`, n)) }] : []),
      ]),
    )
    assert.equal(dead.size, bad.length)
  })

  test('P2: lengths, counts and indices that no bytes stand behind are dead letters, at once and in little memory', async (t) => {
    const id = bed.value(eventOf('team/app', 0)).subarray(0, 5)
    const hostile = [
      '80808080808080808001', // a length of 2^62
      'ffffffffffffffffff01', // the smallest number there is
      'ffffffffffffffffffffffff', // a number without end
      '02ffffffff0f', // a branch of a union that is not there
      '0280808080808002', // a length of 2^40
      '0000000000000000000000000000000000000000', // nothing
    ].map((hex) => Buffer.concat([id, Buffer.from(hex, 'hex')]))
    const before = process.memoryUsage().arrayBuffers
    const { dead, delivered } = await outcomes(t, among(hostile))
    assert.deepEqual([dead.size, delivered.length], [hostile.length, hostile.length])
    assert.ok(process.memoryUsage().arrayBuffers - before < 64 << 20)
  })

  test('P2: records of which one bit is another are delivered or dead letters, and stop nothing', async (t) => {
    const seed = randomInt(2 ** 31)
    t.diagnostic(`seed ${seed}`)
    const random = seededRandom(seed)
    const good = [0, 1, 2].map((n) => bed.value(eventOf('team/app', n)))
    const flipped = Array.from({ length: 200 }, () => {
      const value = Buffer.from(good[Math.floor(random() * good.length)] as Buffer)
      const bit = Math.floor(random() * value.length * 8)
      value[bit >> 3] = (value[bit >> 3] as number) ^ (1 << (bit & 7))
      return value
    })
    const messages = flipped.flatMap((value, n) => {
      const key = `team/${n % 20}`
      return [
        { key, value },
        { key, value: bed.value(eventOf(key, n)) },
      ]
    })
    const { dead, delivered } = await outcomes(t, messages)
    const goodOnes = delivered.filter((offset) => offset % 2 === 1)
    assert.equal(goodOnes.length, 200)
    assert.ok([...dead.keys()].every((offset) => offset % 2 === 0))
  })

  test('P3: a record of another type, though good Avro under an id that the registry knows, is a dead letter', async (t) => {
    const schema = (name: string): string =>
      JSON.stringify({ type: 'record', name, fields: [{ name: 'id', type: ['null', 'string'] }] })
    const ids = await Promise.all(
      ['Order', 'RegistryEvent'].map((name) => bed.registry.register(`${name}-${Date.now()}`, schema(name))),
    )
    const datum = Buffer.from('020461', 'hex')
    const bad = ids.map((id) => {
      const head = Buffer.alloc(5)
      head.writeUInt32BE(id, 1)
      return Buffer.concat([head, datum])
    })
    const { dead, delivered } = await outcomes(t, among(bad))
    assert.deepEqual([dead.size, delivered.length], [2, 2])
  })

  test('P4: a size of 2^63-1 arrives with every digit, and so does what is larger than any integer of Avro', async (t) => {
    const bodies = ['9223372036854775807', '9007199254740993', '18446744073709551616', '-1', '1e400'].map(
      (size, n) =>
        `{"events":[{"id":"team/app#${n}","action":"push","target":{"size":${size},"length":${size},"repository":"team/app"}}]}`,
    )
    const messages = bodies.map((body) => ({ key: 'team/app', value: bed.valueOf(body) }))
    const { run, delivered } = await outcomes(t, messages)
    assert.equal(delivered.length, bodies.length)
    assert.deepEqual(
      run.receiver.requests.map(({ body }) => body),
      bodies,
    )
    assert.equal(readEnvelope(Buffer.from(bodies[0] as string)).events[0]?.event.target?.size, 2n ** 63n - 1n)
  })
})
