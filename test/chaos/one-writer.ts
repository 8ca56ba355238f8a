import { randomUUID } from 'node:crypto'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { kafkajsProducers } from '../../src/kafka/kafkajs/producer.ts'
import { Publisher } from '../../src/kafka/publisher.ts'
import { readRecords } from '../support/read-records.ts'
import { CountedTelemetry } from '../unit/kafka/counted-telemetry.ts'
import type { Cluster } from './cluster.ts'

/** A publisher with one writer and one partition: every batch is one record, so that what happens to it happens alone. */
export class OneWriter {
  readonly telemetry: CountedTelemetry = new CountedTelemetry()
  readonly #cluster: Cluster
  readonly #topic: string
  readonly #publisher: Publisher
  #written = 0

  private constructor(cluster: Cluster, topic: string) {
    this.#cluster = cluster
    this.#topic = topic
    const kafka = createKafka({ brokers: cluster.proxied.brokers }, this.telemetry)
    const producer = kafkajsProducers(kafka, { topic })
    this.#publisher = new Publisher({ topic, producer, telemetry: this.telemetry })
  }

  /** On a topic of its own. */
  static async start(cluster: Cluster): Promise<OneWriter> {
    const topic = `one-${randomUUID().slice(0, 8)}`
    const replicationFactor = cluster.ids.length
    await cluster.admin((admin) =>
      admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor }] }),
    )
    await cluster.inSync(topic)
    const writer = new OneWriter(cluster, topic)
    await writer.#publisher.start()
    return writer
  }

  /** The next numbers, one after the other. */
  async write(count: number): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const value = Buffer.from(String(this.#written++))
      const record = { key: Buffer.from('k'), value, valueBytes: value.length, timestamp: Date.now() }
      await this.#publisher.write([record])
    }
  }

  /** Closes; what is in the topic, in its order. */
  async finish(): Promise<readonly number[]> {
    await this.#publisher.close()
    return (await readRecords(this.#cluster.direct.brokers, this.#topic)).map(({ value }) =>
      Number(String(value)),
    )
  }
}
