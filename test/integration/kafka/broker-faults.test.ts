import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Published } from '../../../src/kafka/outgoing-record.ts'
import type { Publisher } from '../../../src/kafka/publisher.ts'
import { until } from '../../support/until.ts'
import { KafkaBed, type StoredRecord } from './kafka-bed.ts'

let bed: KafkaBed

// A broker of its own, because it is paused and killed.
before(async () => {
  bed = await KafkaBed.start({ schemaRegistry: false, ways: ['docker', 'java'] })
})
after(() => bed.stop())

const keys = Array.from({ length: 40 }, (_, i) => `repository-${i}`)

/** Writers of one record after another, each with keys of its own; `count` records in all. */
class Load {
  readonly acked = new Map<string, Published>()
  readonly done: Promise<unknown>
  #written = 0

  constructor(publisher: Publisher, count: number, writers = 40) {
    const write = async (key: string): Promise<void> => {
      for (let n = 0; this.#written < count; n++) {
        this.#written += 1
        const value = `${key}#${n}`
        // Now, as in earnest: a broker that recovers from a kill forgets a producer whose last record is older than
        // producer.id.expiration.ms (a day), and then takes a repeated batch for a new one.
        const timestamp = Date.now()
        const [ack] = await publisher.write([
          { key: Buffer.from(key), value: Buffer.from(value), valueBytes: value.length, timestamp },
        ])
        this.acked.set(value, ack as Published)
      }
    }
    this.done = Promise.all(keys.slice(0, writers).map(write))
  }

  /** Every acked record is there once, at its offset, and every key in order. */
  check(stored: readonly StoredRecord[]): void {
    const places = new Map(
      stored.map(({ value, partition, offset }) => [String(value), { partition, offset }]),
    )
    assert.equal(places.size, stored.length, `${stored.length - places.size} duplicates`)
    const lost = [...this.acked.keys()].filter((value) => !places.has(value))
    assert.deepEqual(lost, [], 'acknowledged and not there')
    for (const [value, ack] of this.acked) {
      if (ack.offset !== '-1') assert.deepEqual(places.get(value), ack)
    }
    const last = new Map<string, number>()
    for (const { key, value } of stored) {
      const n = Number(String(value).split('#')[1])
      assert.equal(n, (last.get(key) ?? -1) + 1, `order of ${key}`)
      last.set(key, n)
    }
  }
}

test('a broker that hangs costs time and nothing else', async () => {
  const topic = await bed.topic({ partitions: 6 })
  const { publisher, telemetry } = await bed.publisher(topic, { requestTimeoutMs: 500 })
  const load = new Load(publisher, 2_000)
  await until(() => load.acked.size > 300)
  bed.stack.kafka.pause()
  try {
    // Three time-outs: the connection is given up each time, and the repetitions pile up in the sockets of the broker.
    await until(() => telemetry.logged('warn', /does not answer/).length >= 3)
  } finally {
    bed.stack.kafka.resume()
  }
  await load.done
  await publisher.close()
  load.check(await bed.read(topic))
  assert.equal(load.acked.size, 2_000)
  assert.ok(telemetry.value('produce_retries_total retry') > 0, 'the pause was not noticed')
  assert.equal(telemetry.value('order_alarms_total'), 0)
})

test('a broker that is killed and comes back has every acknowledged record once and in order', async () => {
  const topic = await bed.topic({ partitions: 6 })
  const { publisher, telemetry } = await bed.publisher(topic)
  const load = new Load(publisher, 2_000)
  await until(() => load.acked.size > 500)
  await bed.stack.kafka.kill()
  const waiting = publisher.pending
  assert.ok(waiting.records > 0)
  await bed.stack.kafka.start()
  await load.done
  await publisher.close()
  load.check(await bed.read(topic))
  assert.equal(load.acked.size, 2_000)
  assert.ok(telemetry.value('produce_retries_total retry') > 0, 'the kill was not noticed')
})

test('with the broker down a publisher starts, waits, and closes at its deadline', async () => {
  const topic = await bed.topic()
  await bed.stack.kafka.stop()
  try {
    const { publisher } = await bed.publisher(topic)
    const record = { key: Buffer.from('k'), value: Buffer.from('x'), valueBytes: 1, timestamp: 1 }
    const write = publisher.write([record], { signal: AbortSignal.timeout(300) })
    await assert.rejects(write, { name: 'TimeoutError' })
    assert.match(publisher.readiness().reason ?? '', /no connection to Kafka/)
    const kept = assert.rejects(publisher.write([record]), { code: 'DEADLINE_EXCEEDED' })
    await assert.rejects(publisher.close({ deadlineMs: 200 }), { code: 'DEADLINE_EXCEEDED' })
    await kept
  } finally {
    await bed.stack.kafka.start()
  }
})
