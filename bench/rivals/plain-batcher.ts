import kafkajs from 'kafkajs'
import { partitionOf } from '../../src/kafka/routing.ts'

interface Waiting {
  readonly message: kafkajs.Message
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** As many as make a batch of kafkajs cheapest. */
const batchRecords = 500

/**
 * What a careful user of kafkajs writes around it: one queue per partition, whatever gathered while the last send was under
 * way goes into the next, one partition per send and one send in flight per partition, idempotent. Right while
 * nothing fails; no retry, no bound, no order over a failure.
 */
export class PlainBatcher {
  readonly #producer: kafkajs.Producer
  readonly #topic: string
  readonly #queues: Waiting[][]
  readonly #busy: boolean[]

  private constructor(producer: kafkajs.Producer, topic: string, partitions: number) {
    this.#producer = producer
    this.#topic = topic
    this.#queues = Array.from({ length: partitions }, () => [])
    this.#busy = Array.from({ length: partitions }, () => false)
  }

  static async connect(brokers: readonly string[], topic: string, partitions: number): Promise<PlainBatcher> {
    const producer = bareProducer(brokers)
    await producer.connect()
    return new PlainBatcher(producer, topic, partitions)
  }

  write(key: Buffer, value: Buffer): Promise<void> {
    const partition = partitionOf(key, this.#queues.length)
    return new Promise((resolve, reject) => {
      this.#queues[partition]?.push({ message: { key, value, partition }, resolve, reject })
      if (this.#busy[partition]) return
      this.#busy[partition] = true
      setImmediate(() => void this.#drain(partition))
    })
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }

  async #drain(partition: number): Promise<void> {
    const queue = this.#queues[partition] ?? []
    while (queue.length > 0) {
      const batch = queue.splice(0, batchRecords)
      try {
        await this.#producer.send({
          topic: this.#topic,
          acks: -1,
          messages: batch.map(({ message }) => message),
        })
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    this.#busy[partition] = false
  }
}

/** kafkajs as it comes, but for idempotence. */
export function bareProducer(brokers: readonly string[]): kafkajs.Producer {
  const kafka = new kafkajs.Kafka({ brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING })
  return kafka.producer({ idempotent: true, allowAutoTopicCreation: false })
}
