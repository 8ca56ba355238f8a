import { test } from 'node:test'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import type { Event } from '../../../src/event/event.ts'
import { KafkaSink } from '../../../src/kafka/kafka-sink.ts'
import type { ProduceBatch } from '../../../src/kafka/producer-port.ts'
import type { HeldUpSink } from '../../../src/testing/conformance/terms.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { sinkConformance } from '../../../src/testing/sink-conformance.ts'
import { ScriptedBroker } from './scripted-producer.ts'

/** A broker that keeps what it has confirmed as it came. */
class KeepingBroker extends ScriptedBroker {
  readonly kept: Event[] = []

  override append(batch: ProduceBatch) {
    for (const { value } of batch.records) this.kept.push(decodeStoredEvent(unframe(value).datum).event)
    return super.append(batch)
  }
}

async function createHeldUp(): Promise<HeldUpSink<Event>> {
  const broker = new KeepingBroker()
  const clock = new ManualClock()
  const sink = new KafkaSink({
    topic: 'events',
    producer: broker.producer,
    schemaIds: { idOf: () => 1 },
    clock,
    random: () => 0,
  })
  await sink.start()
  broker.hold = true
  return {
    sink,
    received: () => broker.kept.map(({ id }) => Number(id)),
    innerClosed: () => broker.closed === broker.made,
    pass: (ms) => clock.advance(ms),
    release() {
      broker.hold = false
      for (const request of [...broker.open]) request.confirm()
    },
  }
}

async function create(): Promise<HeldUpSink<Event>> {
  const made = await createHeldUp()
  made.release()
  return made
}

const item = (n: number): Event => ({ id: String(n), target: { repository: 'library/alpine' } })

for (const check of sinkConformance({ create, createHeldUp, item })) {
  test(`KafkaSink: ${check.name}`, check.run)
}
