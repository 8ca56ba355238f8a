import { test } from 'node:test'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import type { Event } from '../../../src/event/event.ts'
import { KafkaSink, type KafkaSinkOptions } from '../../../src/kafka/kafka-sink.ts'
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

type Options = Partial<KafkaSinkOptions>

async function createHeldUp(broker: KeepingBroker, options: Options): Promise<HeldUpSink<Event>> {
  const clock = new ManualClock()
  const sink = new KafkaSink({
    topic: 'events',
    producer: broker.producer,
    schemaIds: { idOf: () => 1 },
    clock,
    random: () => 0,
    ...options,
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

function checksOf(optionsOf: (broker: KeepingBroker) => Options) {
  const heldUp = (): Promise<HeldUpSink<Event>> => {
    const broker = new KeepingBroker()
    return createHeldUp(broker, optionsOf(broker))
  }
  const create = async (): Promise<HeldUpSink<Event>> => {
    const made = await heldUp()
    made.release()
    return made
  }
  const item = (n: number): Event => ({ id: String(n), target: { repository: 'library/alpine' } })
  return sinkConformance({ create, createHeldUp: heldUp, item })
}

for (const check of checksOf(() => ({}))) test(`KafkaSink: ${check.name}`, check.run)

/** Both topics on one broker, in which all of one key is in the order of writing only while one topic has it. */
const routed = (broker: KeepingBroker): Options => ({
  routes: [{ topic: 'alpine', repositories: { include: ['library/alpine'] } }],
  partsOf: () => ({ producer: broker.producer, schemaIds: { idOf: () => 2 } }),
})

for (const check of checksOf(routed)) test(`KafkaSink with routes: ${check.name}`, check.run)
