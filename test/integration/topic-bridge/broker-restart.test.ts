import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EndpointGate } from '../../../src/topic-bridge/endpoint-gate.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../../unit/topic-bridge/bridge-support.ts'
import { BridgeBed, TestReceiver } from './bridge-bed.ts'

let bed: BridgeBed

before(async () => {
  // Of our own in any case: it gets killed.
  bed = await BridgeBed.start({ ways: ['docker', 'java'] })
})
after(() => bed.stop())

test('G5: delivers everything, in order, although the broker that keeps its group is killed under it and comes back', async (t) => {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  receiver.answer = async () => {
    await new Promise((resolve) => setTimeout(resolve, 10))
    return 204
  }
  const where = await bed.topic(3)
  const repositories = Array.from({ length: 20 }, (_, n) => `team/app-${n}`)
  await bed.produce(where.topic, repositories, 20)
  const bridge = bed.bridge(where, receiver.url, {
    gate: new EndpointGate({ endpoint: 'hook', concurrency: 4 }),
  })
  t.after(() => bridge.close())
  await bridge.start()
  await until(() => receiver.taken.length > 50)
  await bed.stack.kafka.kill()
  await bed.stack.kafka.start()
  await bed.produce(where.topic, repositories, 25, 20)
  await until(() => receiver.distinct === 500, { ms: 60_000, what: () => `${receiver.distinct} of 500` })
  assert.deepEqual(receiver.outOfOrder(), [])
  assert.equal(bridge.readiness().ready, true)
  await until(() => bed.caughtUp(where.topic).catch(() => false))
})

test('what waits is told while no broker can be reached, also when the consumer has given it back', async (t) => {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  let status = 503
  receiver.answer = async () => status
  const where = await bed.topic(1)
  await bed.produce(where.topic, ['team/app'], 30)
  const telemetry = new RecordingTelemetry()
  const bridge = bed.bridge(where, receiver.url, { telemetry })
  t.after(() => bridge.close())
  await bridge.start()
  const of = (name: string): number | undefined =>
    telemetry.values.get(`registry_relay_bridge_${name} hook ${where.topic} 0`)
  await until(() => of('lag_records') === 30)
  await bed.stack.kafka.kill()
  const givenBack = (): boolean =>
    telemetry.lines.some(({ message }) => message.startsWith('partitions given back'))
  await until(() => givenBack() && !bridge.readiness().ready, { ms: 120_000 })
  const age = of('oldest_undelivered_seconds') ?? 0
  await until(() => (of('oldest_undelivered_seconds') ?? 0) > age + 3)
  assert.equal(of('lag_records'), 30)
  await bed.stack.kafka.start()
  await until(() => bridge.readiness().ready, { ms: 60_000 })
  status = 204
  await until(() => receiver.distinct === 30, { ms: 60_000 })
  await until(() => of('lag_records') === 0)
})
