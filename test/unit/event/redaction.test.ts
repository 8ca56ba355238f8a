import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { isRelayError } from '../../../src/errors.ts'
import { type ReceivedEvent, readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import {
  compileRedaction,
  type RedactionPolicy,
  type RedactionRule,
  recommendedRedaction,
} from '../../../src/event/redaction.ts'
import { goldenBodies, recordedBodies } from '../../support/notification-fixtures.ts'

const digest = (text: string): string => createHmac('sha256', 'key').update(text).digest('hex')
const hmac = { keyId: 'k1', digest }

function readOne(text: string): ReceivedEvent {
  const [received] = readEnvelope(Buffer.from(text)).events
  assert.ok(received)
  return received
}

/** The text of the event alone, before and after. */
function redact(event: string, ...rules: readonly RedactionRule[]) {
  const { received, redactions } = compileRedaction({ rules, hmac })(readOne(`{"events":[${event}]}`))
  return { event: received.event, redactions, text: received.envelopeText.slice('{"events":['.length, -2) }
}

const drop = (pointer: string): RedactionRule => ({ pointer, action: 'drop' })
const mask = (pointer: string): RedactionRule => ({ pointer, action: 'mask' })
const keep = (pointer: string): RedactionRule => ({ pointer, action: 'keep' })
const byHmac = (pointer: string): RedactionRule => ({ pointer, action: 'hmac' })
const truncate = (pointer: string): RedactionRule => ({ pointer, action: 'truncate-ip' })

test('a dropped member goes with one comma, wherever it stands, and all other bytes stay', () => {
  const text = '{ "a" : 1 ,\n "b":[ 2],\t"c" :"3" }'
  assert.equal(redact(text, drop('/a')).text, '{ "b":[ 2],\t"c" :"3" }')
  assert.equal(redact(text, drop('/b')).text, '{ "a" : 1,\t"c" :"3" }')
  assert.equal(redact(text, drop('/c')).text, '{ "a" : 1 ,\n "b":[ 2] }')
  assert.equal(redact(text, drop('/a'), drop('/b')).text, '{ "c" :"3" }')
  assert.equal(redact(text, drop('/b'), drop('/c')).text, '{ "a" : 1 }')
  assert.equal(redact(text, drop('/a'), drop('/c')).text, '{ "b":[ 2] }')
  assert.equal(redact(text, drop('/*')).text, '{}')
  assert.equal(redact(text, drop('/b/0')).text, '{ "a" : 1 ,\n "b":[],\t"c" :"3" }')
})

test('replacements are texts, and what an action cannot be done to is masked', () => {
  const text =
    '{"t":"caf\\u00e9","n":12345678901234567890,"o":{"x":"s3cret"},"l":["s3cret"],"z":null,"b":true}'
  const all = redact(text, ...['t', 'n', 'o', 'l', 'z', 'b'].map((key) => byHmac(`/${key}`)))
  assert.deepEqual(JSON.parse(all.text), {
    t: `hmac:k1:${digest('café')}`,
    n: `hmac:k1:${digest('12345678901234567890')}`,
    o: '***',
    l: '***',
    z: '***',
    b: '***',
  })
  assert.deepEqual(all.redactions, ['/t=hmac', '/n=hmac', '/o=mask', '/l=mask', '/z=mask', '/b=mask'])
  assert.equal(redact('{"a":{"b":[1]}}', mask('/a')).text, '{"a":"***"}')
})

test('addresses become networks, and what is no address is masked', () => {
  const addr = (value: string) => redact(`{"request":{"addr":${value}}}`, truncate('/request/addr'))
  assert.equal(addr('"192.0.2.7:50123"').event.request?.addr, '192.0.2.0')
  assert.equal(addr('"[2001:db8:1:2::7]:50123"').event.request?.addr, '2001:db8:1::')
  assert.equal(addr('"192.0\\u002e2.7"').event.request?.addr, '192.0.2.0')
  assert.deepEqual(addr('"192.0.2.7"').redactions, ['/request/addr=truncate-ip'])
  for (const value of ['"client.example:80"', '""', '19', 'null', '["192.0.2.7"]']) {
    assert.equal(addr(value).text, '{"request":{"addr":"***"}}')
    assert.deepEqual(addr(value).redactions, ['/request/addr=mask'])
  }
})

test('every occurrence of a key is redacted, in any case and under any escape', () => {
  const text =
    '{"actor":{"user":"s1","USER":"s2"},"Actor":{"u\\u0073er":"s3","u\u017fer":"s4"},"actor":{"user":"s5","name":"n"}}'
  assert.equal(redact(text, drop('/actor/user')).text, '{"actor":{},"Actor":{},"actor":{"name":"n"}}')
  assert.equal(redact(text, drop('/ACTOR/USER')).text, '{"actor":{},"Actor":{},"actor":{"name":"n"}}')
  assert.deepEqual(redact(text, drop('/actor/user')).redactions, ['/actor/user=drop'])
})

test('events that the reader passes over because "events" is there twice are redacted too', () => {
  const policy = compileRedaction({ rules: [drop('/actor/user')] })
  const body =
    '{"events":[{"actor":{"user":"s1"}},{"actor":{"user":"s2"}}],"EVENTS":{"actor":{"user":"s3"}},"Events":[{"actor":{"user":"s4"}}]}'
  assert.equal(
    policy(readOne(body)).received.envelopeText,
    '{"events":[{"actor":{}},{"actor":{}}],"EVENTS":{"actor":{}},"Events":[{"actor":{}}]}',
  )
})

test('a star stands for every key and every index, and escapes for the two characters', () => {
  const text = '{"target":{"references":[{"urls":["s1"]},{"urls":["s2","s3"]}]},"meta":{"a/b~c":"s4","d":5}}'
  assert.equal(
    redact(text, mask('/target/references/*/urls/*'), mask('/meta/a~1b~0c')).text,
    '{"target":{"references":[{"urls":["***"]},{"urls":["***","***"]}]},"meta":{"a/b~c":"***","d":5}}',
  )
  assert.equal(redact(text, drop('/target/references/0/urls')).text, text.replace('{"urls":["s1"]}', '{}'))
  assert.deepEqual(redact(text, drop('/meta/*')).redactions, ['/meta/*=drop'])
})

test('of several rules for a value the last one counts', () => {
  const text = '{"meta":{"a":"s1","b":"x"}}'
  assert.equal(redact(text, mask('/meta/*'), keep('/meta/b')).text, '{"meta":{"a":"***","b":"x"}}')
  assert.equal(redact(text, keep('/meta/b'), mask('/meta/*')).text, '{"meta":{"a":"***","b":"***"}}')
  assert.equal(redact(text, drop('/meta/a'), mask('/meta/a')).text, '{"meta":{"a":"***","b":"x"}}')
  // A kept object is still looked into; a replaced one is gone with all that is in it.
  assert.equal(redact(text, keep('/meta'), drop('/meta/a')).text, '{"meta":{"b":"x"}}')
  assert.equal(redact(text, mask('/meta'), keep('/meta/a')).text, '{"meta":"***"}')
})

test('an event in which nothing matches is the same object', () => {
  const received = readOne('{"events":[{"actor":{"name":"n","users":"u"},"user":"x"}]}')
  for (const rules of [
    [],
    recommendedRedaction,
    [keep('/actor/name')],
    [mask('/actor/name/x'), mask('/-')],
  ]) {
    const result = compileRedaction({ rules })(received)
    assert.equal(result.received, received)
    assert.equal(result.redactions, undefined)
  }
})

test('the event is read again from the redacted text, and keeps its place', () => {
  const body = Buffer.from('{"events":[1,{"id":"1","request":{"addr":"192.0.2.7"},"target":{"size":"x"}}]}')
  const [received] = readEnvelope(body).events
  assert.ok(received)
  const result = compileRedaction({ rules: [...recommendedRedaction, drop('/target/size')] })(received)
  assert.deepEqual(result.received, {
    event: { id: '1', request: { addr: '192.0.2.0' }, target: {} },
    envelopeText: '{\n   "events": [\n      {"id":"1","request":{"addr":"192.0.2.0"},"target":{}}\n   ]\n}',
    problems: [],
    index: 1,
  })
})

test('a policy that cannot be used is refused with the place and what was expected', () => {
  const wrong: readonly [RedactionPolicy, RegExp][] = [
    [{ rules: [mask('/ok'), mask('')] }, /rules\[1\]\.pointer: expected .* begins with "\/", got ""/],
    [{ rules: [mask('actor/user')] }, /rules\[0\]\.pointer: .* got "actor\/user"/],
    [{ rules: [mask('/a~b')] }, /rules\[0\]\.pointer: .* got "\/a~b"/],
    [{ rules: [mask('/a~')] }, /rules\[0\]\.pointer/],
    [
      { rules: [{ pointer: '/a', action: 'hide' as 'mask' }] },
      /rules\[0\]\.action: expected one of keep, .* "hide"/,
    ],
    [{ rules: [byHmac('/a')] }, /"hmac" needs a key/],
    [{ rules: [], hmac: { keyId: 'a:b', digest } }, /hmac\.keyId: expected/],
  ]
  for (const [policy, message] of wrong) {
    assert.throws(
      () => compileRedaction(policy),
      (error) => isRelayError(error, 'CONFIG_INVALID') && message.test(error.message),
    )
  }
})

test('with the recommended policy, recorded notifications are still held by their fields alone, and come back redacted', () => {
  const policy = compileRedaction({ rules: recommendedRedaction })
  const did = new Map<string, number>()
  for (const { set, file, body, contentType } of recordedBodies()) {
    for (const before of readEnvelope(body).events) {
      const { received, redactions } = policy(before)
      const { datum, way } = proveEvent(received, contentType, {}, redactions)
      assert.equal(way, proveEvent(before, contentType).way, `${set} ${file}`)
      const stored = decodeStoredEvent(datum)
      assert.equal(envelopeOf(stored).body, received.envelopeText)
      assert.deepEqual(stored.redactions, redactions)
      for (const secret of [before.event.actor?.user, before.event.request?.addr]) {
        if (secret !== undefined) assert.ok(!received.envelopeText.includes(secret), `${set} ${file}`)
      }
      for (const redaction of redactions ?? []) did.set(redaction, (did.get(redaction) ?? 0) + 1)
    }
  }
  assert.deepEqual(Object.fromEntries(did), { '/actor/user=drop': 19, '/request/addr=truncate-ip': 273 })
})

test('dropping what Go leaves out when it is empty gives the bytes of an event that never had it', () => {
  let compared = 0
  const droppable: readonly (readonly [pointer: string, without: (event: Event) => Event])[] = [
    ['/actor/user', ({ actor, ...event }) => ({ ...event, actor: { ...actor, user: '' } })],
    ['/actor/name', ({ actor, ...event }) => ({ ...event, actor: { ...actor, name: '' } })],
    ['/request/addr', ({ request, ...event }) => ({ ...event, request: { ...request, addr: '' } })],
    ['/source/addr', ({ source, ...event }) => ({ ...event, source: { ...source, addr: '' } })],
    ['/target/url', ({ target, ...event }) => ({ ...event, target: { ...target, url: '' } })],
    ['/target/references', ({ target, ...event }) => ({ ...event, target: { ...target, references: [] } })],
    ['/meta', ({ meta: _, ...event }) => event],
  ]
  for (const { profile, body } of goldenBodies()) {
    for (const received of readEnvelope(body).events) {
      if (encodeEnvelope([received.event], profile) !== received.envelopeText) continue
      for (const [pointer, without] of droppable) {
        const { received: after } = compileRedaction({ rules: [drop(pointer)] })(received)
        assert.equal(after.envelopeText, encodeEnvelope([without(received.event)], profile))
        if (after !== received) compared += 1
      }
    }
  }
  assert.ok(compared > 500, `only ${compared}`)
})
