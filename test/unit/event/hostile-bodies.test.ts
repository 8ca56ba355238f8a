import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { isRelayError } from '../../../src/errors.ts'
import { maxValues, readEnvelope } from '../../../src/event/envelope.ts'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import { compileRedaction, type RedactionRule, recommendedRedaction } from '../../../src/event/redaction.ts'

const bodyOf = (event: string): Buffer => Buffer.from(`{"events":[${event}]}`)

/** The one event, after the way that every event goes: its text must come back from what is stored. */
function readAndProve(body: Buffer) {
  const [received, ...others] = readEnvelope(body).events
  assert.ok(received)
  assert.equal(others.length, 0)
  const { datum } = proveEvent(received, undefined)
  assert.ok(envelopeOf(decodeStoredEvent(datum)).body === body.toString())
  return received
}

test('a body with too many values is refused before it is parsed', (t) => {
  const parse = t.mock.method(JSON, 'parse')
  const many = (one: string): string => Array(maxValues).fill(one).join(',')
  for (const body of [
    `{"events":[${many('{}')}]}`,
    `{"events":[{"meta":{${many('"k":1')}}}]}`,
    `{"events":[{"target":{"references":[${many('[]')}]}}]}`,
    `{"events":[${'[[[['.repeat(10)}${many('1')}`,
  ]) {
    assert.throws(
      () => readEnvelope(Buffer.from(body)),
      (error) =>
        isRelayError(error, 'NOT_AN_ENVELOPE') && error.message.includes(`more than ${maxValues} values`),
    )
  }
  assert.equal(parse.mock.callCount(), 0)
})

test('commas and brackets inside texts are no values', () => {
  const useragent = '[{,'.repeat(maxValues)
  assert.equal(
    readAndProve(bodyOf(`{"request":{"useragent":"${useragent}"}}`)).event.request?.useragent,
    useragent,
  )
})

test('a number of a million digits is a misfit whose digits are kept, and no BigInt is made of it', (t) => {
  const digits = '9'.repeat(1_000_000)
  const exact = t.mock.method(globalThis, 'BigInt')
  for (const size of [
    digits,
    `-${digits}`,
    `0.1${digits}`,
    `9007199254740993.${'0'.repeat(1_000_000)}`,
    `1e${digits}`,
  ]) {
    const [received] = readEnvelope(bodyOf(`{"target":{"size":${size}}}`)).events
    assert.deepEqual(received?.problems, ['/target/size: a number instead of a 64-bit integer'])
    assert.deepEqual(received?.event, { target: {} })
    assert.ok(received?.envelopeText.includes(size))
  }
  assert.equal(exact.mock.callCount(), 0)
})

test('texts of 25 million characters are read, stored and given back', () => {
  const long = 25_000_000
  for (const text of [
    'a'.repeat(long),
    '\\"'.repeat(long / 2),
    '\\ud800'.repeat(long / 6),
    '<'.repeat(long / 4),
  ]) {
    const { event } = readAndProve(bodyOf(`{"request":{"useragent":"${text}"}}`))
    assert.ok(event.request?.useragent === JSON.parse(`"${text}"`))
  }
})

test('a key of a million characters is named by its beginning', () => {
  const key = '~/'.repeat(500_000)
  const { problems } = readAndProve(bodyOf(`{"target":{"annotations":{"${key}":1}}}`))
  assert.equal(problems.length, 1)
  assert.match(problems[0] ?? '', /^\/target\/annotations\/(~0~1){64}…: a number instead of text$/)
  assert.throws(
    () => decodeEnvelope(bodyOf(`{"target":{"annotations":{"${key}":1}}}`), 'gitlab'),
    (error) => isRelayError(error, 'EVENT_INVALID') && error.message.length < 500,
  )
})

test('keys that mean something to JavaScript change nothing but the event', () => {
  const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf']
  const members = names.map((name) => `"${name}":{"polluted":true,"size":1}`).join(',')
  const event = `{${members},"target":{${members},"annotations":{${names.map((name) => `"${name}":"x"`)}}},"meta":{${members}}}`
  const received = readAndProve(bodyOf(event))
  assert.deepEqual([...(received.event.meta?.keys() ?? [])], names)
  assert.deepEqual([...(received.event.target?.annotations?.keys() ?? [])].sort(), names.toSorted())
  assert.equal(({} as { polluted?: unknown }).polluted, undefined)
  const rules = names.map(
    (name): RedactionRule => ({ pointer: `/target/annotations/${name}`, action: 'drop' }),
  )
  const redacted = compileRedaction({ rules })(received)
  assert.equal(redacted.received.event.target?.annotations?.size, 0)
  assert.equal(redacted.redactions?.length, names.length)
})

test('only UTF-8 without a mark is read, and what JSON does not allow in texts is refused', () => {
  const text = '{"events":[{"id":"1"}]}'
  for (const body of [
    Buffer.from(`\ufeff${text}`),
    Buffer.from(text, 'utf16le'),
    Buffer.from(`\ufeff${text}`, 'utf16le'),
    Buffer.from(text, 'utf16le').swap16(),
    Buffer.from(text.replace('1', '\0')),
    Buffer.from(text.replace('1', '\r\n')),
    Buffer.from(`${text}\0`),
    Buffer.from(text.replace('1', '\xff'), 'latin1'),
  ]) {
    assert.throws(
      () => readEnvelope(body),
      (error) => isRelayError(error, 'NOT_AN_ENVELOPE'),
    )
  }
  for (const id of ['\\u0000', '\\r\\n', '\\ufeff', '\ufeff', '\\udc00\\ud800']) {
    assert.equal(readAndProve(bodyOf(`{"id":"${id}"}`)).event.id, JSON.parse(`"${id}"`))
  }
})

/** Looks at single characters: what scanning costs, whatever the machine. */
function looksDuring(work: () => void): number {
  const { charCodeAt } = String.prototype
  let looks = 0
  String.prototype.charCodeAt = function (at) {
    looks += 1
    return charCodeAt.call(this, at)
  }
  try {
    work()
  } finally {
    String.prototype.charCodeAt = charCodeAt
  }
  return looks
}

const shapes: Readonly<Record<string, (count: number) => string>> = {
  events: (count) => Array(count).fill('{"target":{"size":9007199254740993},"meta":{"a":1}}').join(','),
  'elements that are no events': (count) => `{},${Array(count).fill('1').join(',')}`,
  'numbers beyond 2^53': (count) =>
    `{"target":{"references":[${Array(count).fill('{"size":9007199254740993}').join(',')}]}}`,
  'keys of meta': (count) => `{"meta":{${Array.from({ length: count }, (_, at) => `"k${at}":1`).join(',')}}}`,
  annotations: (count) =>
    `{"target":{"annotations":{${Array.from({ length: count }, (_, at) => `"k${at}":"v"`).join(',')}}}}`,
  'unknown keys': (count) => `{${Array.from({ length: count }, (_, at) => `"k${at}":[${at}]`).join(',')}}`,
  'times the same key': (count) =>
    `{${Array(count).fill('"target":{"size":9007199254740993},"meta":{"a":1}').join(',')}}`,
  'members of another type': (count) => `{"target":{"urls":[${Array(count).fill('5').join(',')}]}}`,
}
for (const [what, eventsOf] of Object.entries(shapes)) {
  test(`twice as many ${what} cost twice the scanning, not four times`, () => {
    const redact = compileRedaction({
      rules: [
        ...recommendedRedaction,
        { pointer: '/target/*/*', action: 'mask' },
        { pointer: '/target/references/*/size', action: 'drop' },
        { pointer: '/meta/*', action: 'drop' },
        { pointer: '/*', action: 'keep' },
      ],
    })
    const costOf = (count: number): number => {
      const body = bodyOf(eventsOf(count))
      return looksDuring(() => {
        for (const received of readEnvelope(body).events) redact(received)
      })
    }
    const [single, double] = [costOf(1_000), costOf(2_000)]
    assert.ok(single > 5_000, `${single} looks`)
    assert.ok(double < 2.3 * single, `${single} looks, then ${double}`)
  })
}
