import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metadataRequest } from '../../../../src/kafka/kafkajs/metadata-request.ts'
import { int16, int32 } from '../../../support/kafka-bytes.ts'

const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)])
const numbers = (...values: readonly number[]): Buffer =>
  Buffer.concat([int32(values.length), ...values.map(int32)])
const nothing = int16(-1)
const no = Buffer.of(0)

test('topics are asked for without making them, and no topic does not mean all of them', async () => {
  const bytesOf = async (...topics: readonly string[]): Promise<Buffer> => {
    const encoder = await metadataRequest(topics).request.encode()
    return (encoder as unknown as { buffer: Buffer }).buffer
  }
  assert.deepEqual(await bytesOf('a', 'bc'), Buffer.concat([int32(2), text('a'), text('bc'), no]))
  assert.deepEqual(await bytesOf(), Buffer.concat([int32(0), no]))
})

test('of every partition its leader and its copies are read, also where it has an error', async () => {
  const whole = [int16(0), int32(1), int32(7), numbers(7, 8), numbers(7, 8), numbers()]
  const leaderless = [int16(5), int32(0), int32(-1), numbers(9, 7), numbers(9), numbers(9)]
  const answer = Buffer.concat([
    int32(0),
    ...[int32(1), int32(7), text('host'), int32(9092), nothing],
    ...[text('cluster'), int32(7)],
    int32(2),
    ...[int16(0), text('events'), no, int32(2), ...whole, ...leaderless],
    ...[int16(3), text('missing'), no, int32(0)],
  ])
  assert.deepEqual(await metadataRequest([]).response.decode(answer), {
    brokers: [{ id: 7, host: 'host', port: 9092 }],
    topics: [
      {
        name: 'events',
        errorCode: 0,
        partitions: [
          { partition: 0, hasLeader: false, copies: 2, inSync: 1 },
          { partition: 1, hasLeader: true, copies: 2, inSync: 2 },
        ],
      },
      { name: 'missing', errorCode: 3, partitions: [] },
    ],
  })
})
