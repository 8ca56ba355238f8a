import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import fc from 'fast-check'
import { crc32c } from '../../../../src/kafka/kafkajs/crc32c.ts'
import { patchKafkajs } from '../../../../src/kafka/kafkajs/patches.ts'
import { encodeProduce, type ProduceArguments } from '../../../../src/kafka/kafkajs/produce-request.ts'
import { sizeOfVarlong, writeVarlong } from '../../../../src/kafka/kafkajs/varint.ts'

const require = createRequire(import.meta.url)
const requestOfClient = require('kafkajs/src/protocol/requests/produce/v7/request')
const produce = require('kafkajs/src/protocol/requests/produce')
const crcOfClient = require('kafkajs/src/protocol/recordBatch/crc32C/crc32C')
const Encoder = require('kafkajs/src/protocol/encoder')

async function encodedByClient(request: ProduceArguments): Promise<Buffer> {
  return (await requestOfClient(request).encode()).buffer
}

const bytes = (max: number) => fc.uint8Array({ maxLength: max }).map((array) => Buffer.from(array))
// Of one length: of texts of several the client takes the wrong one for the first.
const timestamp = fc.integer({ min: 1_000_000_000_000, max: 9_000_000_000_000 }).map(String)
const headers = fc.dictionary(
  // Names that are numbers would come in another order, and one name is no own property when it is set.
  fc
    .string({ unit: 'grapheme', maxLength: 20 })
    .filter((name) => !/^\d+$/.test(name) && name !== '__proto__'),
  fc.string({ unit: 'grapheme', maxLength: 80 }),
  { maxKeys: 4, noNullPrototype: true },
)
const record = fc.oneof(
  fc.record({ key: bytes(40), value: bytes(3_000), timestamp, headers }),
  fc.record({ key: bytes(5), value: bytes(20), timestamp }),
)
const partition = fc.record({
  partition: fc.nat(1_000),
  firstSequence: fc.nat(2 ** 31 - 1),
  messages: fc.array(record, { minLength: 1, maxLength: 70 }),
})
const request = fc.record({
  acks: fc.constant(-1),
  timeout: fc.nat(60_000),
  compression: fc.constantFrom(0, 1),
  producerId: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
  producerEpoch: fc.nat(32_767),
  topicData: fc.array(
    fc.record({
      topic: fc.string({ minLength: 1, maxLength: 30 }),
      partitions: fc.array(partition, { minLength: 1, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 2 },
  ),
})

test('a produce request has the very bytes that the client would send', async () => {
  await fc.assert(
    fc.asyncProperty(request, async (args) => {
      const { buffer } = await encodeProduce(args)
      assert.deepEqual(buffer, await encodedByClient(args))
    }),
    { numRuns: 200 },
  )
})

test('times that differ by days and by years are written as the client writes them', () => {
  const longs = fc.integer({ min: -(2 ** 51), max: 2 ** 51 })
  fc.assert(
    fc.property(fc.oneof(longs, fc.integer({ min: -70_000, max: 70_000 })), (value) => {
      const buffer = Buffer.alloc(10)
      const end = writeVarlong(buffer, value, 0)
      assert.deepEqual(buffer.subarray(0, end), new Encoder().writeVarLong(value).buffer)
      assert.equal(sizeOfVarlong(value), end)
    }),
  )
})

test('the checksum is that of the client, for every length and start', () => {
  assert.equal(crc32c(Buffer.from('123456789'), 0, 9), 0xe3069283)
  fc.assert(
    fc.property(bytes(200), fc.nat(20), (data, start) => {
      const from = Math.min(start, data.length)
      assert.equal(crc32c(data, from, data.length), crcOfClient(data.subarray(from)))
    }),
  )
})

test('the first and the last time of a batch are the least and the greatest, also where their texts sort otherwise', async () => {
  const at = (time: string) => ({ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: time })
  const { buffer } = await encodeProduce({
    acks: -1,
    timeout: 1,
    producerId: '1',
    producerEpoch: 0,
    topicData: [
      {
        topic: 't',
        partitions: [{ partition: 0, firstSequence: 0, messages: [at('1000'), at('9'), at('200')] }],
      },
    ],
  })
  const firstTimestamp = 2 + 2 + 4 + 4 + 3 + 4 + 8 + 27
  assert.equal(buffer.readBigInt64BE(firstTimestamp), 9n)
  assert.equal(buffer.readBigInt64BE(firstTimestamp + 8), 1_000n)
})

test('only what our producers send is encoded here, and only where records have their present format', async () => {
  patchKafkajs()
  patchKafkajs()
  const argumentsWith = (extra: object): ProduceArguments => ({
    acks: -1,
    timeout: 1,
    producerId: '1',
    producerEpoch: 0,
    topicData: [
      {
        topic: 't',
        partitions: [
          {
            partition: 0,
            firstSequence: 0,
            messages: [{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: '1', ...extra }],
          },
        ],
      },
    ],
  })
  const encoderOf = async (version: number, args: ProduceArguments): Promise<boolean> => {
    const { request, response } = produce.protocol({ version })(args)
    assert.equal(request.apiVersion, version)
    assert.equal(request.apiName, 'Produce')
    assert.ok(response.decode)
    return (await request.encode()) instanceof Encoder
  }
  const ours = argumentsWith({ instruction: { kind: 'look' } })
  for (const version of [3, 5, 7]) {
    assert.equal(await encoderOf(version, ours), false)
    assert.equal(await encoderOf(version, argumentsWith({})), true)
    assert.equal(await encoderOf(version, { ...ours, transactionalId: 'x' }), true)
  }
  assert.equal(await encoderOf(2, ours), true)
})
