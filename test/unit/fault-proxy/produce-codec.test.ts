import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import {
  decodeProduceResponse,
  encodeProduceResponse,
  readProduceRequest,
  refusalOf,
  withError,
} from '../../support/fault-proxy/produce-codec.ts'
import { readRequestHead } from '../../support/fault-proxy/request-head.ts'
import { produceRequest } from './frames.ts'

const require = createRequire(import.meta.url)
const produce = require('kafkajs/src/protocol/requests/produce/v7/request')
const encodeRequest = require('kafkajs/src/protocol/request')
const {
  decode: decodeByClient,
  parse: parseByClient,
} = require('kafkajs/src/protocol/requests/produce/v7/response')

test('a request of the client is read as it was meant', async () => {
  const request = produce({
    acks: -1,
    timeout: 12_000,
    topicData: ['events', 'größe'].map((topic) => ({
      topic,
      partitions: [3, 5].map((partition) => ({
        ...{ partition, firstSequence: 0 },
        messages: [{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: '1', headers: {} }],
      })),
    })),
  })
  const { buffer } = await encodeRequest({ request, correlationId: 77, clientId: 'test' })
  assert.deepEqual(readRequestHead(buffer), { isProduce: true, version: 7, correlationId: 77 })
  assert.deepEqual(readProduceRequest(buffer), {
    acks: -1,
    targets: [
      { topic: 'events', partitions: [3, 5] },
      { topic: 'größe', partitions: [3, 5] },
    ],
  })
})

test('a request of raw bytes is read the same way', () => {
  assert.deepEqual(readProduceRequest(produceRequest(1, [2, 0], 1)), {
    acks: 1,
    targets: [{ topic: 'events', partitions: [2, 0] }],
  })
})

test('the client understands a refusal that was made for it, and what it says comes back', async () => {
  const refusal = refusalOf(5, [{ topic: 'events', partitions: [1, 2] }], 45)
  const bytes = encodeProduceResponse(refusal)
  assert.deepEqual(decodeProduceResponse(bytes), refusal)
  const decoded = await decodeByClient(bytes.subarray(8))
  assert.deepEqual(
    decoded.topics[0].partitions.map(
      (answer: { partition: number; errorCode: number; baseOffset: string }) => [
        answer.partition,
        answer.errorCode,
        answer.baseOffset,
      ],
    ),
    [
      [1, 45, '-1'],
      [2, 45, '-1'],
    ],
  )
  await assert.rejects(parseByClient(decoded), { type: 'OUT_OF_ORDER_SEQUENCE_NUMBER' })
})

test('an answer of the broker keeps all but what is changed in it', async () => {
  const answer = {
    partition: 4,
    errorCode: 0,
    baseOffset: 9_000_000_000n,
    logAppendTime: -1n,
    logStartOffset: 3n,
  }
  const response = { correlationId: 9, topics: [{ topic: 'events', partitions: [answer] }], throttleMs: 250 }
  assert.deepEqual(decodeProduceResponse(encodeProduceResponse(response)), response)
  const { throttleTime, clientSideThrottleTime, topics } = await decodeByClient(
    encodeProduceResponse(response).subarray(8),
  )
  assert.deepEqual([throttleTime, clientSideThrottleTime], [0, 250])
  assert.equal(topics[0].partitions[0].baseOffset, '9000000000')
  const changed = withError(response, 20)
  assert.deepEqual(changed.topics[0]?.partitions, [{ ...answer, errorCode: 20, baseOffset: -1n }])
  assert.equal(changed.throttleMs, 250)
})
