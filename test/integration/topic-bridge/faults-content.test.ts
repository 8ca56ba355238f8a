import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { postNotification } from '../../../src/app/poster.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { readRecords } from '../../support/read-records.ts'
import { type Relay, startRelay } from '../../support/relay.ts'

let stack: LocalStack

before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

const contentType = 'application/vnd.docker.distribution.events.v2+json'

async function post(relay: Relay, ...bodies: readonly string[]): Promise<void> {
  for (const body of bodies) {
    const answer = await postNotification(relay.url, { body, contentType }, 5_000)
    assert.ok(answer >= 200 && answer <= 202, `${answer} for ${body}`)
  }
}

const texts = (relay: Relay): readonly string[] => relay.received.map(({ body }) => body.toString())

function bodyOf(id: string, more = '"action":"push"', repository = 'team/app'): string {
  return `{"events":[{"id":"${id}",${more},"target":{"repository":"${repository}"}}]}`
}

describe('odd events from the gateway through a real Kafka to a receiver', { concurrency: 2 }, () => {
  test('P5: an event that is posted again arrives once, and one with its id and other content arrives too', async (t) => {
    const relay = await startRelay(t, stack)
    const first = bodyOf('same')
    const other = bodyOf('same', '"action":"pull"')
    await post(relay, first, first, other, other, bodyOf('last'))
    await relay.receivedAtLeast(3)
    assert.deepEqual(texts(relay), [first, other, bodyOf('last')])
    assert.deepEqual(
      relay.received.map(({ headers }) => headers['webhook-id']),
      ['same', 'same', 'last'],
    )
  })

  test('P6: timestamps out of order, far away, impossible or none arrive as they were written, in the order they were posted', async (t) => {
    const relay = await startRelay(t, stack)
    const times = [
      ...['2026-01-01T00:00:00Z', '2020-01-01T00:00:00Z', '9999-12-31T23:59:59.999999999Z'],
      ...['0001-01-01T00:00:00Z', '2016-12-31T23:59:60Z', '2026-01-01T00:00:00.123456789012Z'],
      ...['2026-01-01t00:00:00z', '2026-01-01T00:00:00-00:00', '2026-02-30T25:61:61+99:99'],
      ...['-262144-01-01T00:00:00Z', '+275760-09-13T00:00:00.001Z', '', 'yesterday', '1767225600'],
    ]
    const bodies = times.map((time, n) => bodyOf(`${n}`, `"timestamp":"${time}"`))
    bodies.push(bodyOf('number', '"timestamp":1767225600'), bodyOf('null', '"timestamp":null'))
    await post(relay, ...bodies)
    await relay.receivedAtLeast(bodies.length)
    assert.deepEqual(texts(relay), bodies)
  })

  test('P7: members nobody knows, other types, nulls and names that mean something to JavaScript arrive byte for byte', async (t) => {
    const relay = await startRelay(t, stack)
    const deep = `${'['.repeat(50)}${']'.repeat(50)}`
    const members = [
      '"unknown":{"a":[1,2.50,1e2,{"b":null}]}',
      '"__proto__":{"polluted":true},"constructor":{"prototype":{}},"toString":1',
      '"action":7',
      '"action":["push"],"timestamp":{},"request":"GET","actor":[],"source":true',
      '"action":null,"request":null,"actor":null,"source":null',
      '"action":"push","action":"pull"',
      '"Action":"PUSH","ID":"other"',
      `"deep":${deep}`,
      String.raw`"action":"p\u0075sh","x":"\ud800 \u0000 \/ <&>"`,
      '"action" : "push" ,\n\t"spaces" : [ ]',
    ]
    const bodies = members.map((member, n) => bodyOf(`${n}`, member))
    await post(relay, ...bodies)
    await relay.receivedAtLeast(bodies.length)
    assert.deepEqual(texts(relay), bodies)
    assert.equal((Object.prototype as { polluted?: unknown }).polluted, undefined)
  })

  test('P7: of a notification with good and bad events the good ones arrive, each on its own, and the bad ones are kept', async (t) => {
    const relay = await startRelay(t, stack)
    const many = Array.from({ length: 1_000 }, (_, n) => bodyOf(`many-${n}`).slice('{"events":['.length, -2))
    const mixed = `{"events":[${many[0]},5,{},null,"text",[],${many[1]}]}`
    await post(relay, mixed, `{"events":[${many.slice(2).join(',')}]}`, '{"events":[]}', '[]', 'no JSON')
    await relay.receivedAtLeast(1_001)
    const ofRepository = texts(relay).filter((text) => !text.includes('[\n      {}\n'))
    assert.deepEqual(
      ofRepository,
      many.map((event) => `{\n   "events": [\n      ${event}\n   ]\n}`),
    )
    const rejected = await readRecords(stack.brokers, relay.config.topics.rejected)
    assert.deepEqual(
      rejected.map(({ value }) => value.toString()).toSorted(),
      ['"text"', '5', '[]', '[]', 'no JSON', 'null'].toSorted(),
    )
  })

  test('P8: events that name no repository arrive, and hold up none that do', async (t) => {
    const relay = await startRelay(t, stack)
    const bodies = [
      ...['{"id":"1","action":"push"}', '{"id":"2","target":{}}', '{"id":"3","target":null}'],
      ...['{"id":"4","target":{"repository":""}}', '{"id":"5","target":{"repository":7}}', '{}'],
      ...['{"id":"6","target":{"repository":"team/app"}}', '{"target":{"digest":"sha256:0"}}'],
    ].map((event) => `{"events":[${event}]}`)
    await post(relay, ...bodies)
    await relay.receivedAtLeast(bodies.length)
    assert.deepEqual(texts(relay).toSorted(), bodies.toSorted())
  })
})
