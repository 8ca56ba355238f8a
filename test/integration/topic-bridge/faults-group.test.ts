import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { completedOffsets } from '../../../src/topic-bridge/completion-map.ts'
import { EndpointGate } from '../../../src/topic-bridge/endpoint-gate.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../../unit/topic-bridge/bridge-support.ts'
import { BridgeBed, TestReceiver } from './bridge-bed.ts'
import { ConsumerBed, KeepingHandler } from './consumer-bed.ts'

let bed: BridgeBed
let records: ConsumerBed

before(async () => {
  bed = await BridgeBed.start()
  records = await ConsumerBed.start()
})
after(() => Promise.all([bed.stop(), records.stop()]))

async function receiverOf(t: TestContext): Promise<TestReceiver> {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  return receiver
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `team/app-${n}`)
const gate = (concurrency: number): EndpointGate =>
  new EndpointGate({ endpoint: 'hook', concurrency, breaker: { openMs: 50, maxOpenMs: 200 } })

describe('consumer groups that change, of bridges on a real Kafka', { concurrency: 4 }, () => {
  test('G3: a delivery that takes longer than the session is made once, and its member stays one', async (t) => {
    const receiver = await receiverOf(t)
    let asked = 0
    receiver.answer = async ({ id }) => {
      if (id !== 'team/app-0#0') return 204
      asked++
      const began = performance.now()
      await until(() => performance.now() - began > 8_000)
      return 204
    }
    const where = await bed.topic(2)
    await bed.produce(where.topic, names(10), 3)
    const telemetry = new RecordingTelemetry()
    const bridge = bed.bridge(where, receiver.url, { telemetry })
    t.after(() => bridge.close())
    await bridge.start()
    await until(() => asked === 1 && receiver.taken.length === 27)
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.taken.length, receiver.distinct, receiver.outOfOrder()], [30, 30, []])
    assert.equal(asked, 1)
    assert.equal(telemetry.lines.filter(({ message }) => message === 'joined the group').length, 1)
  })

  test('G4: a rebalance while half of the repositories are tried again repeats nothing that was delivered', async (t) => {
    const receiver = await receiverOf(t)
    let works = false
    receiver.answer = ({ sequence, repository }) =>
      works || Number(repository.at(-1)) % 2 === 0 || sequence === 0 ? 204 : 503
    const where = await bed.topic(4)
    await bed.produce(where.topic, names(20), 10)
    const first = bed.bridge(where, receiver.url, { gate: gate(8) })
    const second = bed.bridge(where, receiver.url, { gate: gate(8) })
    t.after(() => Promise.all([first.close(), second.close()]))
    await first.start()
    // Ten repositories are done, ten stand behind their first event.
    await until(() => receiver.taken.length === 110, { what: () => `${receiver.taken.length} of 110` })
    await second.start()
    const refused = receiver.refused
    await until(() => receiver.refused > refused + 50)
    await first.close()
    const alone = receiver.refused
    await until(() => receiver.refused > alone + 50)
    assert.equal(receiver.taken.length, 110, 'what was delivered out of turn came again')
    works = true
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.taken.length, receiver.distinct, receiver.outOfOrder()], [200, 200, []])
  })

  test('G4: closed under load, again and again, it repeats nothing and leaves nothing out', async (t) => {
    const receiver = await receiverOf(t)
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return 204
    }
    const where = await bed.topic(3)
    await bed.produce(where.topic, names(40), 25)
    for (let at = 0; at < 800; at = receiver.taken.length) {
      const bridge = bed.bridge(where, receiver.url, { gate: gate(16) })
      t.after(() => bridge.close())
      await bridge.start()
      await until(() => receiver.taken.length > at + 150)
      await bridge.close()
    }
    const last = bed.bridge(where, receiver.url)
    t.after(() => last.close())
    await last.start()
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual([receiver.taken.length, receiver.distinct, receiver.outOfOrder()], [1_000, 1_000, []])
  })

  test('G6: events that the topic lost before they were delivered are an alarm with their number, and the others are delivered', async (t) => {
    const receiver = await receiverOf(t)
    const where = await bed.topic(1)
    await bed.produce(where.topic, ['team/app'], 5)
    const first = bed.bridge(where, receiver.url)
    t.after(() => first.close())
    await first.start()
    await until(() => bed.caughtUp(where.topic))
    await first.close()
    await bed.produce(where.topic, ['team/app'], 20, 5)
    await records.deleteBefore(where.topic, 17)
    const telemetry = new RecordingTelemetry()
    const second = bed.bridge(where, receiver.url, { telemetry })
    t.after(() => second.close())
    await second.start()
    await until(() => bed.caughtUp(where.topic))
    assert.deepEqual(
      receiver.taken.map(({ sequence }) => sequence),
      [0, 1, 2, 3, 4, 17, 18, 19],
    )
    assert.equal(telemetry.values.get(`registry_relay_bridge_lost_offsets_total hook ${where.topic}`), 12)
    const alarms = telemetry.lines.filter(({ level }) => level === 'error')
    assert.deepEqual(
      alarms.map(({ facts }) => facts['count']),
      [12],
    )
  })

  test('G7: a group that was deleted begins at the earliest event: everything comes again, in order, with its ids', async (t) => {
    const receiver = await receiverOf(t)
    const where = await bed.topic(2)
    await bed.produce(where.topic, names(5), 4)
    const first = bed.bridge(where, receiver.url)
    t.after(() => first.close())
    await first.start()
    await until(() => bed.caughtUp(where.topic))
    await first.close()
    await bed.admin.deleteGroups([`${where.topic}.hook`])
    const second = bed.bridge(where, receiver.url)
    t.after(() => second.close())
    await second.start()
    await until(() => bed.caughtUp(where.topic))
    const ids = receiver.taken.map(({ id }) => id)
    assert.deepEqual([ids.length, receiver.distinct], [40, 20])
    for (const name of names(5)) {
      const again = ids.slice(20).filter((id) => id.startsWith(`${name}#`))
      assert.deepEqual(
        again,
        [0, 1, 2, 3].map((sequence) => `${name}#${sequence}`),
      )
    }
  })

  test('G7: metadata that another program wrote with the offset is not believed, and costs nothing', async (t) => {
    const receiver = await receiverOf(t)
    const where = await bed.topic(1)
    await bed.produce(where.topic, names(5), 4)
    const first = bed.bridge(where, receiver.url)
    t.after(() => first.close())
    receiver.answer = ({ repository }) => (repository === 'team/app-0' ? 503 : 204)
    await first.start()
    await until(() => receiver.taken.length === 16)
    const told = async () => {
      const [answer] = await bed.admin.fetchOffsets({ groupId: first.groupId, topics: [where.topic] })
      return answer?.partitions[0]?.metadata ?? ''
    }
    await until(async () => completedOffsets(0n, await told()).length === 16)
    const map = await told()
    await first.close()
    // As a tool does that sets a group back and leaves the metadata as it was.
    const member = records.consumer(where.topic, first.groupId)
    t.after(() => member.close())
    const handler = new KeepingHandler()
    await member.start(handler)
    await until(() => handler.batches.length > 0)
    await member.commit([{ topic: where.topic, partition: 0, next: 3n, metadata: map }])
    await member.close()
    receiver.answer = () => 204
    const second = bed.bridge(where, receiver.url)
    t.after(() => second.close())
    await second.start()
    await until(() => bed.caughtUp(where.topic))
    // All from offset 3 on, of which most had been delivered.
    assert.equal(receiver.taken.length, 16 + 17)
  })
})
