import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import { deadLetterFacts, deadLetterHeaders, sourceHeaders } from '../../../src/kafka/dead-letter-headers.ts'
import type { DeadLetterReason } from '../../../src/kafka/dead-letter-port.ts'

const reason: DeadLetterReason = {
  code: 'DELIVERY_REFUSED',
  message: 'answered 422',
  stage: 'deliver',
  attempts: 3,
  firstFailureAt: 1_700_000_001_000,
  lastFailureAt: 1_700_000_002_000,
  lastStatus: 422,
}
const writer = { groupId: 'relay.hook', endpoint: 'hook' }

function record(headers: ReadonlyMap<string, readonly Buffer[]> = new Map()): ConsumedRecord {
  const place = { topic: 'events', partition: 3, offset: 9_007_199_254_740_993n }
  return { ...place, key: null, value: null, headers, timestamp: 1_700_000_000_000 }
}

/** As it comes back from Kafka. */
function written(given: ConsumedRecord, why: DeadLetterReason = reason): ConsumedRecord {
  const headers = [...deadLetterHeaders(given, why, writer)]
  return {
    ...given,
    headers: new Map(headers.map(([name, values]) => [name, values.map((one) => Buffer.from(one))])),
  }
}

function texts({ headers }: ConsumedRecord): Readonly<Record<string, string>> {
  return Object.fromEntries([...headers].map(([name, values]) => [name, values.map(String).join('|')]))
}

test('the error is told by the headers of Kafka Connect, and by ours where it has none', () => {
  assert.deepEqual(texts(written(record(new Map([['x', [Buffer.from('1'), Buffer.from('2')]]])))), {
    x: '1|2',
    '__connect.errors.topic': 'events',
    '__connect.errors.partition': '3',
    '__connect.errors.offset': '9007199254740993',
    '__connect.errors.connector.name': 'relay.hook',
    '__connect.errors.task.id': '0',
    '__connect.errors.stage': 'TASK_PUT',
    '__connect.errors.class.name': 'registry-relay',
    '__connect.errors.exception.class.name': 'DELIVERY_REFUSED',
    '__connect.errors.exception.message': 'answered 422',
    'relay.endpoint': 'hook',
    'relay.attempts': '3',
    'relay.first.failure': '2023-11-14T22:13:21.000Z',
    'relay.last.failure': '2023-11-14T22:13:22.000Z',
    'relay.last.status': '422',
    'relay.source.timestamp': '1700000000000',
  })
})

test('what is read from them is what was written, an offset beyond the numbers of JavaScript too', () => {
  assert.deepEqual(deadLetterFacts(written(record())), {
    source: { topic: 'events', partition: 3, offset: 9_007_199_254_740_993n, timestamp: 1_700_000_000_000 },
    endpoint: 'hook',
    group: 'relay.hook',
    stage: 'deliver',
    code: 'DELIVERY_REFUSED',
    message: 'answered 422',
    attempts: 3,
    firstFailureAt: 1_700_000_001_000,
    lastFailureAt: 1_700_000_002_000,
    lastStatus: 422,
  })
})

test('of a record that died before the reader sees the error of now, also where there is no status now', () => {
  const again = written(written(record()), {
    ...reason,
    stage: 'decode',
    code: 'SCHEMA_UNKNOWN',
    attempts: 7,
    lastStatus: undefined,
  })
  const facts = deadLetterFacts(again)
  assert.deepEqual(
    [facts?.code, facts?.stage, facts?.attempts, facts?.lastStatus],
    ['SCHEMA_UNKNOWN', 'decode', 7, undefined],
  )
  assert.equal(texts(again)['relay.attempts'], '3|7')
})

test('without them the headers are the ones that the record had, those of an earlier life among them', () => {
  const own = record(
    new Map([
      ['x', [Buffer.from([0xff]), Buffer.alloc(0)]],
      ['relay.last.status', [Buffer.from('503')]],
    ]),
  )
  assert.deepEqual(sourceHeaders(written(own)), own.headers)
  assert.deepEqual(sourceHeaders(written(own, { ...reason, lastStatus: undefined })), own.headers)
})

test('a record without an origin is no dead letter, and a long reason is cut', () => {
  assert.equal(deadLetterFacts(record(new Map([['relay.endpoint', [Buffer.from('hook')]]]))), undefined)
  const { message } = deadLetterFacts(written(record(), { ...reason, message: 'x'.repeat(5_000) })) ?? {}
  assert.equal(message?.length, 500)
})
