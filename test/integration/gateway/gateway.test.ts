import assert from 'node:assert/strict'
import { after, before, type TestContext, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { envelope, GatewayBed, post, type RunningBed } from './gateway-bed.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack({ ways: ['docker', 'java'] })
})
after(() => stack.stop())

/** A gateway that answers after Kafka did, ready. */
async function startBed(t: TestContext): Promise<{ bed: GatewayBed; gateway: RunningBed }> {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack, { gateway: { ackMode: 'kafka' } })
  stops(() => bed.remove())
  await bed.createTopics()
  const gateway = await bed.start()
  stops(() => gateway.stop())
  await until(async () => (await gateway.readyz()).status === 200)
  return { bed, gateway }
}

test('ack mode kafka: what a registry posts is in the topic when it is answered 200', async (t) => {
  const { bed, gateway } = await startBed(t)
  const recorded = recordedBodies().slice(0, 30)
  for (const { body, contentType, file } of recorded) {
    assert.equal((await post(gateway.url, body, contentType)).status, 200, file)
  }

  const stored = await bed.storedEvents()
  for (const { key, event, ingest } of stored) {
    assert.equal(key, event.target?.repository)
    assert.equal(ingest?.publisherId, 'test')
  }
  const posted = recorded.map(({ body, contentType }) => `${contentType}\n${body}`)
  assert.deepEqual(
    stored.map(({ body, mediaType }) => `${mediaType}\n${body}`).toSorted(),
    // Where the registry had heard no answer, its record has one event twice.
    [...new Set(posted)].toSorted(),
  )
})

test('ack mode kafka: with Kafka away the answer is 503 in time, and a repeat afterwards is not published twice', async (t) => {
  const { bed, gateway } = await startBed(t)
  t.after(() => stack.kafka.resume())
  const held = envelope('posted while Kafka stood still')
  stack.kafka.pause()
  const refused = await post(gateway.url, held)
  assert.equal(refused.status, 503)
  assert.equal(refused.retryAfter, '1')
  // The budget is 800 ms; registries give up after 1 s. Room for a busy machine, none for a time-out of Kafka's client.
  assert.ok(refused.tookMs >= 790 && refused.tookMs < 2_500, `answered after ${refused.tookMs} ms`)

  stack.kafka.resume()
  await until(async () => (await post(gateway.url, held)).status === 200)
  for (let copy = 0; copy < 3; copy += 1) assert.equal((await post(gateway.url, held)).status, 200)
  assert.equal((await post(gateway.url, envelope('after it'))).status, 200)
  assert.deepEqual(
    (await bed.events()).map(({ id }) => id),
    ['posted while Kafka stood still', 'after it'],
  )
})

test('ack mode kafka: what is no Envelope or too large is kept as rejected, cut where it must be, and blocks nobody behind it', async (t) => {
  const { bed, gateway } = await startBed(t)
  const huge = envelope('huge', 'a', 'x'.repeat(6_000_000))
  assert.equal((await post(gateway.url, huge)).status, 200)
  assert.equal((await post(gateway.url, 'not an envelope')).status, 200)
  assert.equal((await post(gateway.url, envelope('next', 'a'))).status, 200)

  assert.deepEqual(
    (await bed.events()).map(({ id }) => id),
    ['next'],
  )
  const rejected = await bed.rejected()
  const facts = rejected.map(({ key, value, headers }) => [
    key,
    value.length,
    headers['x-rejected-reason'],
    headers['x-rejected-content'],
    headers['x-rejected-file'],
  ])
  assert.deepEqual(
    facts.toSorted((one, other) => Number(one[1]) - Number(other[1])),
    [
      ['127.0.0.1', 15, 'NOT_AN_ENVELOPE', 'whole', undefined],
      ['a', 64 * 1024, 'TOO_LARGE', 'beginning', undefined],
    ],
  )
})
