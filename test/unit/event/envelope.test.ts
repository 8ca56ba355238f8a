import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { maxDepth, readEnvelope } from '../../../src/event/envelope.ts'

const read = (text: string) => readEnvelope(Buffer.from(text)).events

function reasonOf(body: Uint8Array | string): string {
  try {
    readEnvelope(Buffer.from(body as string))
  } catch (error) {
    assert.ok(isRelayError(error, 'NOT_AN_ENVELOPE'))
    return error.message
  }
  return 'accepted'
}

test('an Envelope without events has none', () => {
  for (const body of ['{}', ' {}\n', '{"events":null}', '{"events":[]}', '{"EVENTS":[]}']) {
    assert.deepEqual(readEnvelope(Buffer.from(body)), { events: [], rejected: [], more: false })
  }
})

test('refuses what is no Envelope, with the reason', () => {
  const reasons: readonly [body: string | Uint8Array, reason: string][] = [
    ['', 'the body is empty'],
    [new Uint8Array([0x7b, 0xff, 0x7d]), 'the body is not UTF-8'],
    ['\ufeff{}', 'the body is not JSON'],
    ['{"events":[]} x', 'the body is not JSON (error at 14)'],
    ['[]', 'the body is an array, not an object'],
    ['null', 'the body is null, not an object'],
    ['"events"', 'the body is a string, not an object'],
    ['{"id":"1"}', 'the object has no "events"'],
    ['{"events":{}}', '"events" is an object, not an array'],
  ]
  for (const [body, reason] of reasons) {
    assert.ok(reasonOf(body).includes(reason), `${reasonOf(body)} should say: ${reason}`)
  }
})

test('returns an element that is no object beside the good ones, each with its place and its own text', () => {
  const body = '{"events":[ {"id":"1"} ,"s3cret\\n",{"id":"2"}, -1.50e2,[ {} ],null,true]}'
  const { events, rejected } = readEnvelope(Buffer.from(body))
  assert.deepEqual(
    events.map(({ event, index }) => [event.id, index]),
    [
      ['1', 0],
      ['2', 2],
    ],
  )
  assert.deepEqual(rejected, [
    { index: 1, text: '"s3cret\\n"', reason: 'events[1] is a string, not an object' },
    { index: 3, text: '-1.50e2', reason: 'events[3] is a number, not an object' },
    { index: 4, text: '[ {} ]', reason: 'events[4] is an array, not an object' },
    { index: 5, text: 'null', reason: 'events[5] is null, not an object' },
    { index: 6, text: 'true', reason: 'events[6] is a boolean, not an object' },
  ])
})

test('an only element that is no object is rejected, and nothing is read', () => {
  assert.deepEqual(readEnvelope(Buffer.from('{"events":["x"]}')), {
    events: [],
    rejected: [{ index: 0, text: '"x"', reason: 'events[0] is a string, not an object' }],
    more: false,
  })
})

test('says whether a body holds more than its list of events', () => {
  for (const [body, more] of [
    ['{"events":[{},{}]}', false],
    ['\n {"events": [{},{}] , "version": 2}', true],
    ['{"events":[{},{}],"events":[]}', true],
    ['{"EVENTS":[],"other":1}', true],
    ['{"events":null,"other":1}', true],
    ['{"other":1,"events":[1]}', true],
    ['{"other":1,"events":[{}]}', false],
  ] as const) {
    assert.equal(readEnvelope(Buffer.from(body)).more, more, body)
  }
})

test('the Envelope of a good event holds nothing of a rejected neighbour', () => {
  const [only] = read('{"events":["s3cret",{"id":"1"}]}')
  assert.equal(only?.envelopeText, '{\n   "events": [\n      {"id":"1"}\n   ]\n}')
})

test('refuses more events than allowed, counting the ones that are no objects', () => {
  const bodyOf = (count: number): Buffer => Buffer.from(`{"events":[${Array(count).fill('{},1')}]}`)
  assert.equal(readEnvelope(bodyOf(5_000)).events.length, 5_000)
  assert.match(reasonOf(bodyOf(5_001)), /"events" has 10002 elements, more than 10000\./)
  assert.throws(
    () => readEnvelope(bodyOf(1), { maxEvents: 1 }),
    (error) => isRelayError(error, 'NOT_AN_ENVELOPE'),
  )
  assert.equal(readEnvelope(bodyOf(1), { maxEvents: 2 }).rejected.length, 1)
})

test('says nothing of the body when it refuses it', () => {
  for (const body of ['{"events":[{"actor":{"user":"s3cret"}},]}', '"s3cret"', '{"s3cret":1}', 's3cret']) {
    assert.doesNotMatch(reasonOf(body), /s3cret/)
  }
})

test('accepts nesting to the limit and no deeper', () => {
  const nested = (depth: number): string =>
    `{"events":[{"meta":{"m":${'['.repeat(depth)}${']'.repeat(depth)}}}]}`
  assert.equal(read(nested(maxDepth - 4)).length, 1)
  assert.match(reasonOf(nested(maxDepth - 3)), /deeper than 64 levels/)
  assert.match(reasonOf('['.repeat(1_000_000)), /deeper than 64 levels/)
  // Brackets in texts do not count.
  assert.equal(read(`{"events":[{"id":"${'['.repeat(100)}\\"${'['.repeat(100)}"}]}`).length, 1)
})

test('the Envelope of the only event is the whole body, with its white space and unknown members', () => {
  const body = '\n{ "version": 2, "Event\u017f" : [ {"id":"1"} ] }\r\n'
  assert.deepEqual(read(body), [{ event: { id: '1' }, envelopeText: body, problems: [], index: 0 }])
})

test('each of several events gets an Envelope around its own text', () => {
  const [first, second] = read('{"events":[{"id":"1", "zzz":1e2},\n{"target":{"size":9007199254740993}}]}')
  assert.equal(first?.envelopeText, '{\n   "events": [\n      {"id":"1", "zzz":1e2}\n   ]\n}')
  assert.equal(second?.envelopeText, '{\n   "events": [\n      {"target":{"size":9007199254740993}}\n   ]\n}')
  assert.deepEqual(second?.event, { target: { size: 9007199254740993n } })
  assert.deepEqual(read(second?.envelopeText ?? '')[0]?.event, second?.event)
})

test('of several spellings of "events" the last one counts, and of duplicate keys the last value', () => {
  assert.deepEqual(
    read('{"events":[{"id":"1"}],"Events":[{"id":"2"}]}').map(({ event }) => event.id),
    ['2'],
  )
  const repeated = read(
    '{"events":[{"id":"1"}],"events":[{"id":"2","target":{"size":9223372036854775807}},{"id":"3"}]}',
  )
  assert.deepEqual(
    repeated.map(({ event }) => event.id),
    ['2', '3'],
  )
  assert.equal(repeated[0]?.event.target?.size, 9223372036854775807n)
})

test('reads a view into a larger buffer', () => {
  const pool = Buffer.from('garbage{"events":[{"id":"1"}]}garbage')
  assert.equal(readEnvelope(new Uint8Array(pool.buffer, pool.byteOffset + 7, 23)).events[0]?.event.id, '1')
})
