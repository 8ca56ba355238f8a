import kafkajs from 'kafkajs'
import { RelayError } from '../../errors.ts'
import { adviceFor } from '../advice.ts'
import { classify, reasonOf, rootCause } from '../classify.ts'
import { kafkaCode } from '../kafka-fault.ts'
import type { TopicWriter, WrittenPlace, WrittenRecord } from '../writer-port.ts'
import type { KafkaClient } from './client.ts'
import { connectOnce } from './connect-once.ts'

/** A record may have lain compressed in its topic; as it is, no broker might take it, and it could never be written. */
const compression = kafkajs.CompressionTypes.GZIP

/** Plain sends of one record with acks from all in-sync replicas. Connects at the first: most bridges never have one. */
export class KafkaTopicWriter implements TopicWriter {
  readonly #producer: kafkajs.Producer
  readonly #connect: () => Promise<void>
  readonly #writing = new Set<Promise<unknown>>()
  #closing: Promise<void> | undefined

  constructor(kafka: KafkaClient) {
    this.#producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 3 },
    })
    this.#connect = connectOnce(this.#producer)
  }

  write(record: WrittenRecord): Promise<WrittenPlace> {
    if (this.#closing !== undefined) {
      return Promise.reject(
        new RelayError('SINK_CLOSED', `not written to ${record.topic}: this writer is closed`),
      )
    }
    const written = this.#write(record).finally(() => this.#writing.delete(written))
    this.#writing.add(written)
    return written
  }

  async #write({ topic, partition, key, value, headers }: WrittenRecord): Promise<WrittenPlace> {
    const message: kafkajs.Message = {
      key,
      value,
      headers: Object.fromEntries([...headers].map(([name, values]) => [name, [...values]])),
      ...(partition === undefined ? {} : { partition }),
    }
    try {
      await this.#connect()
      const answer = await this.#producer.send({ topic, acks: -1, messages: [message], compression })
      const [stored] = answer
      if (answer.length === 1 && stored?.errorCode === 0) {
        return { partition: stored.partition, offset: BigInt(stored.baseOffset ?? -1) }
      }
    } catch (thrown) {
      throw notWritten(topic, thrown)
    }
    throw new RelayError('KAFKA_UNAVAILABLE', `not confirmed by topic ${topic}`, { facts: { topic } })
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    await Promise.allSettled(this.#writing)
    await this.#producer.disconnect().catch(() => {})
  }
}

function notWritten(topic: string, thrown: unknown): RelayError {
  const root = rootCause(thrown)
  const tooLarge = classify(root) === 'split'
  const advice = tooLarge ? `Raise max.message.bytes of ${topic}.` : adviceFor(root)
  return new RelayError(
    tooLarge ? 'KAFKA_CONFIGURATION' : kafkaCode(root),
    `not written to topic ${topic}: ${root.message} ${advice}`,
    { cause: thrown, facts: { topic, reason: reasonOf(root) } },
  )
}
