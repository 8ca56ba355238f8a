import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  groupRightsRequest,
  rightsOf,
  topicRightsRequest,
} from '../../../../src/kafka/kafkajs/rights-requests.ts'

const int16 = (value: number): Buffer => {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}
const text = (value: string): Buffer => Buffer.concat([int16(value.length), Buffer.from(value)])
const numbers = (...values: readonly number[]): Buffer =>
  Buffer.concat([int32(values.length), ...values.map(int32)])
const nothing = int16(-1)
const no = Buffer.of(0)

test('the bits of operations are those of Kafka, and the smallest number is no answer', () => {
  assert.deepEqual(rightsOf((1 << 3) | (1 << 8)), new Set(['READ', 'DESCRIBE']))
  assert.deepEqual(rightsOf(0), new Set())
  assert.equal(rightsOf(-(2 ** 31)), 'unknown')
})

test('topics are asked for without making them, and with the rights on each', async () => {
  const { request } = topicRightsRequest(['a', 'bc'])
  const { buffer } = (await request.encode()) as unknown as { buffer: Buffer }
  assert.deepEqual([request.apiKey, request.apiVersion], [3, 8])
  assert.deepEqual(buffer, Buffer.concat([int32(2), text('a'), text('bc'), no, no, Buffer.of(1)]))
})

test('of metadata every topic is read to its end, with partitions and brokers before it', async () => {
  const partition = Buffer.concat([
    int16(0),
    int32(0),
    int32(1),
    int32(7),
    numbers(1, 2),
    numbers(1),
    numbers(2),
  ])
  const answer = Buffer.concat([
    int32(0),
    ...[int32(1), int32(1), text('host'), int32(9092), nothing],
    ...[text('cluster'), int32(1)],
    int32(2),
    ...[int16(0), text('events'), no, int32(2), partition, partition, int32((1 << 4) | (1 << 8))],
    ...[int16(29), text('hidden'), no, int32(0), int32(0)],
    int32(-(2 ** 31)),
  ])
  assert.deepEqual(await topicRightsRequest([]).response.decode(answer), [
    { name: 'events', errorCode: 0, rights: new Set(['WRITE', 'DESCRIBE']) },
    { name: 'hidden', errorCode: 29, rights: new Set() },
  ])
})

test('of groups every one is read to its end, with its members', async () => {
  const member = Buffer.concat([
    text('id'),
    text('client'),
    text('/host'),
    int32(2),
    Buffer.of(1, 2),
    int32(0),
  ])
  const answer = Buffer.concat([
    ...[int32(0), int32(2)],
    ...[
      int16(0),
      text('busy'),
      text('Stable'),
      text('consumer'),
      text('range'),
      int32(1),
      member,
      int32(1 << 3),
    ],
    ...[int16(30), text('hidden'), text(''), text(''), text(''), int32(0), int32(-(2 ** 31))],
  ])
  assert.deepEqual(await groupRightsRequest([]).response.decode(answer), [
    { name: 'busy', errorCode: 0, rights: new Set(['READ']) },
    { name: 'hidden', errorCode: 30, rights: 'unknown' },
  ])
})
