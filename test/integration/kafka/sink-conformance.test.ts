import { after, before, describe, test } from 'node:test'
import { openKafkaSink } from '../../../src/app/open-kafka-sink.ts'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import type { Event } from '../../../src/event/event.ts'
import type { SinkUnderTest } from '../../../src/testing/conformance/terms.ts'
import { sinkConformance } from '../../../src/testing/sink-conformance.ts'
import { KafkaBed } from './kafka-bed.ts'

describe('on a real Kafka and a real schema registry', () => {
  let bed: KafkaBed
  before(async () => {
    bed = await KafkaBed.start()
  })
  after(() => bed.stop())

  // One partition: what the checks want in order is all of one repository anyway.
  async function create(): Promise<SinkUnderTest<Event>> {
    const topic = await bed.topic({ partitions: 1 })
    const sink = openKafkaSink({
      kafka: { brokers: bed.stack.brokers },
      schemaRegistry: { url: bed.stack.schemaRegistryUrl, mode: 'register' },
      topic,
    })
    return {
      sink,
      received: async () =>
        (await bed.read(topic)).map(({ value }) => Number(decodeStoredEvent(unframe(value).datum).event.id)),
      dispose: () => sink.close(),
    }
  }

  const item = (n: number): Event => ({ id: String(n), target: { repository: 'library/alpine' } })
  for (const check of sinkConformance({ create, item, timeoutMs: 30_000 })) {
    test(`KafkaSink: ${check.name}`, check.run)
  }
})
