import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { DeliveryHeaders } from '../../../src/http/delivery-headers.ts'
import type { HeaderValues } from '../../../src/http/request-headers.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { status } from '../../support/raw-receiver.ts'
import { deliveryBed, failureOf, request } from './delivery-bed.ts'

const [old, young] = [3, 4].map((byte) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`) as [
  string,
  string,
]
const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

function linesOf(
  more: Partial<typeof request>,
  signingSecrets: readonly string[] = [],
): Record<string, string> {
  const headers = new DeliveryHeaders({
    headers: {},
    signingSecrets,
    clock: new ManualClock(1_700_000_000_999),
  })
  const lines = headers.of({ ...request, ...more }, Buffer.from('{}'))
  return Object.fromEntries(lines.flatMap((name, at) => (at % 2 === 0 ? [[name, lines[at + 1] ?? '']] : [])))
}

test('every attempt says which it is, where its record lies, and when it was made', async (t) => {
  const clock = new ManualClock(1_700_000_000_999)
  const { delivery, receiver } = await deliveryBed(t, status(200), { clock, signingSecrets: [old, young] })
  await delivery.deliver(request)
  await clock.advance(60_000)
  await delivery.deliver({ ...request, attempt: 2, traceparent: parent, tracestate: 'a=b, c=d' })
  const [first, second] = receiver.requests.map(({ headers }) => headers)
  assert.ok(first !== undefined && second !== undefined)
  for (const line of [
    'webhook-id: id-1',
    'webhook-timestamp: 1700000000',
    'registry-relay-attempt: 1',
    `registry-relay-record: ${request.record}`,
  ]) {
    assert.ok(first.includes(line), line)
  }
  assert.ok(!first.some((line) => line.startsWith('trace')))
  for (const line of [
    'webhook-timestamp: 1700000060',
    'registry-relay-attempt: 2',
    `traceparent: ${parent}`,
    'tracestate: a=b, c=d',
  ]) {
    assert.ok(second.includes(line), line)
  }
  const signed = [old, young].map((secret) => {
    const key = Buffer.from(secret.slice(6), 'base64')
    return `v1,${createHmac('sha256', key).update(`id-1.1700000060.${request.body}`).digest('base64')}`
  })
  assert.ok(second.includes(`webhook-signature: ${signed.join(' ')}`))
})

test('without secrets nothing is signed', () => {
  assert.equal(linesOf({})['webhook-signature'], undefined)
})

test('an event without an id that a header can hold is known by the place of its record, which is signed', () => {
  for (const eventId of [undefined, '', 'a b', 'a\r\nb', 'ü', 'x'.repeat(257)]) {
    const lines = linesOf({ eventId }, [old])
    assert.equal(lines['webhook-id'], request.record)
    const key = Buffer.from(old.slice(6), 'base64')
    const wanted = createHmac('sha256', key).update(`${request.record}.1700000000.{}`).digest('base64')
    assert.equal(lines['webhook-signature'], `v1,${wanted}`)
  }
})

test('a trace context that cannot stand in a header is left out, and a state without its parent', () => {
  for (const traceparent of [undefined, '', 'a\r\nb', 'ü', ' x', 'x'.repeat(3_000)]) {
    const lines = linesOf({ traceparent, tracestate: 'a=b' })
    assert.deepEqual([lines['traceparent'], lines['tracestate']], [undefined, undefined])
  }
  assert.equal(linesOf({ traceparent: parent, tracestate: 'a=b\n' })['tracestate'], undefined)
})

test('headers and secrets that change are used from the next attempt on', async (t) => {
  let headers: HeaderValues = { Authorization: 'Bearer old' }
  let secrets: readonly string[] = [old]
  const { delivery, receiver } = await deliveryBed(t, status(200), {
    headers: () => headers,
    signingSecrets: () => secrets,
  })
  await delivery.deliver(request)
  headers = { Authorization: 'Bearer young' }
  secrets = [young, old]
  await delivery.deliver(request)
  const [first = '', second = ''] = receiver.requests.map((one) => one.headers.join('\n'))
  assert.match(first, /Bearer old/)
  assert.match(first, /webhook-signature: v1,\S+$/m)
  assert.match(second, /Bearer young/)
  assert.match(second, /webhook-signature: v1,\S+ v1,\S+$/m)
})

test('a changed value that cannot be used fails its attempts as a wrong set-up, unsent, until it is right again', async (t) => {
  const good: HeaderValues = { Authorization: 'Bearer x' }
  let headers = good
  let secrets = [old]
  const { delivery, receiver } = await deliveryBed(t, status(200), {
    headers: () => headers,
    signingSecrets: () => secrets,
  })
  headers = { Authorization: 'canary\n' }
  for (let n = 0; n < 2; n++) {
    const error = await failureOf(delivery.deliver(request), 'ENDPOINT_MISCONFIGURED')
    assert.equal(error.facts['reason'], 'configuration')
    assert.match(error.message, /"Authorization"/)
    assert.doesNotMatch(error.message, /canary/)
  }
  headers = good
  secrets = ['canary']
  const error = await failureOf(delivery.deliver(request), 'ENDPOINT_MISCONFIGURED')
  assert.doesNotMatch(error.message, /canary/)
  secrets = [young]
  assert.deepEqual(await delivery.deliver(request), { status: 200 })
  assert.equal(receiver.requests.length, 1)
})

for (const options of [
  { headers: { 'X-A': 'canary\n' } },
  { signingSecrets: ['canary'] },
  { headers: () => ({ 'a b': 'canary' }) },
]) {
  test(`refuses at construction what cannot be used: ${Object.keys(options)[0]}`, () => {
    assert.throws(
      () => new HttpDelivery({ url: 'http://a.test/', ...options }),
      (error) => isRelayError(error, 'CONFIG_INVALID') && !error.message.includes('canary'),
    )
  })
}
