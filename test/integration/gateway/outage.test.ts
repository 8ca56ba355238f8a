import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { envelope, GatewayBed, post } from './gateway-bed.ts'
import { Registries } from './registries.ts'

let stack: LocalStack
before(async () => {
  stack = await startLocalStack({ ways: ['docker', 'java'] })
})
after(() => stack.stop())
// Whatever a test left dead: the next one begins with servers that answer.
afterEach(async () => {
  stack.kafka.resume()
  await Promise.all([stack.kafka.start(), stack.schemaRegistry.start()])
})

test('K1: with Kafka and the schema registry down from the start, the spool takes everything and the topic gets it once and in order', async (t) => {
  const stops = stopsInReverse(t)
  const spooled = new GatewayBed(stack)
  const direct = new GatewayBed(stack, { gateway: { ackMode: 'kafka' } })
  stops(() => spooled.remove())
  stops(() => direct.remove())
  await spooled.createTopics()
  await direct.createTopics()
  await Promise.all([stack.kafka.kill(), stack.schemaRegistry.kill()])

  const gateway = await spooled.start()
  stops(() => gateway.stop())
  const unspooled = await direct.start()
  stops(() => unspooled.stop())
  const registries = new Registries({ url: gateway.url })
  stops(() => registries.abandon())

  // Ack mode kafka can keep nothing, says so each time, and is not ready.
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const { status, retryAfter } = await post(unspooled.url, envelope('nowhere to keep it'))
    assert.deepEqual({ status, retryAfter }, { status: 503, retryAfter: '1' })
  }
  assert.equal((await unspooled.readyz()).status, 503)

  await registries.acked(1_000)
  assert.deepEqual(registries.refusals, [])
  for (const [part, reason] of [
    ['record sink', /^degraded: no connection to Kafka/],
    ['rejected sink', /^degraded: no connection to Kafka/],
    ['schema registry', /^degraded: /],
    ['spool', /^\d+ notifications wait for Kafka, the oldest for \d+ s$/],
  ] as const) {
    await until(async () => reason.test((await gateway.readyz()).parts[part]?.reason ?? ''))
  }
  assert.equal((await gateway.readyz()).status, 200)

  await stack.kafka.start()
  await stack.schemaRegistry.start()
  await registries.settle()
  await gateway.emptied()
  const verdict = registries.verdict(await spooled.events(), 1_000)
  assert.deepEqual([...verdict.violations, ...verdict.invalid], [])
  t.diagnostic(JSON.stringify(verdict.counts))
  // The topics are looked at again half a minute after Kafka was asked in vain.
  await until(
    async () => {
      const { parts } = await gateway.readyz()
      return Object.values(parts).every(({ reason }) => reason === undefined)
    },
    { ms: 60_000 },
  )

  await until(async () => (await post(unspooled.url, envelope('kept now'))).status === 200)
  const kept = await direct.events()
  assert.ok(kept.some(({ id }) => id === 'kept now'))
  assert.equal(new Set(kept.map(({ id }) => id)).size, kept.length)
})

test('K2: events older than every time-out of the client survive', async (t) => {
  const stops = stopsInReverse(t)
  // A tenth of the defaults; what the client derives from them shrinks with them.
  const timeouts = { connectionTimeoutMs: 300, requestTimeoutMs: 1_500 }
  const bed = new GatewayBed(stack, { kafka: timeouts, schemaRegistry: { timeoutMs: 500 } })
  stops(() => bed.remove())
  await bed.createTopics()
  const gateway = await bed.start()
  stops(() => gateway.stop())
  const registries = new Registries({ url: gateway.url, intervalMs: 80 })
  stops(() => registries.abandon())
  await registries.acked(200)

  // First it hangs, so that requests time out one after the other; then nobody is there, so that connections do.
  let reason = ''
  const waits = async (seconds: number): Promise<boolean> => {
    reason = (await gateway.readyz()).parts['spool']?.reason ?? ''
    return Number(/oldest for (\d+) s/.exec(reason)?.[1]) >= seconds
  }
  stack.kafka.pause()
  await registries.acked(300)
  await until(() => waits(12), { ms: 60_000, what: () => reason })
  await stack.kafka.kill()
  await registries.acked(300)
  await until(() => waits(20), { ms: 60_000, what: () => reason })
  assert.deepEqual(registries.refusals, [])

  await stack.kafka.start()
  await registries.acked(200)
  await registries.settle()
  await gateway.emptied()
  const verdict = registries.verdict(await bed.events(), 1_000)
  const grave = verdict.violations.filter(({ invariant }) => invariant !== 'duplicates')
  assert.deepEqual([...grave, ...verdict.invalid], [])
  assertFewTwice(verdict.counts)
  t.diagnostic(JSON.stringify(verdict.counts))
})

test('with a broker that dies or stands still again and again under load, every event with a 2xx is there and in order', async (t) => {
  const stops = stopsInReverse(t)
  const bed = new GatewayBed(stack, { kafka: { requestTimeoutMs: 3_000 } })
  stops(() => bed.remove())
  await bed.createTopics()
  const gateway = await bed.start()
  stops(() => gateway.stop())
  const registries = new Registries({ url: gateway.url })
  stops(() => registries.abandon())

  const published = (): Promise<number> => gateway.metric('registry_relay_kafka_produced_records_total')
  for (let round = 0; round < 3; round += 1) {
    await registries.acked(100)
    await stack.kafka.kill()
    await registries.acked(150)
    await stack.kafka.start()
    const before = await published()
    await until(async () => (await published()) > before, {
      ms: 60_000,
      what: () => 'nothing is published any more',
    })
    stack.kafka.pause()
    await registries.acked(150)
    stack.kafka.resume()
  }
  await registries.settle()
  await gateway.emptied()
  assert.deepEqual(registries.refusals, [])
  const verdict = registries.verdict(await bed.events(), 1_000)
  const grave = verdict.violations.filter(({ invariant }) => invariant !== 'duplicates')
  assert.deepEqual([...grave, ...verdict.invalid], [])
  assertFewTwice(verdict.counts)
  t.diagnostic(JSON.stringify(verdict.counts))
})

/** A request whose acknowledgement was lost is sent again, and may be stored again; as a rule nothing is. */
function assertFewTwice({
  duplicates,
  events,
}: {
  readonly duplicates: number
  readonly events: number
}): void {
  assert.ok(duplicates <= events / 10, `${duplicates} duplicates of ${events} events`)
}
