import type { ConsumedRecord } from '../consumer-port.ts'
import { deadLetterHeaders } from '../dead-letter-headers.ts'
import type { DeadLetterPlace, DeadLetterReason, DeadLetters } from '../dead-letter-port.ts'
import type { TopicWriter } from '../writer-port.ts'
import type { KafkaClient } from './client.ts'
import { KafkaTopicWriter } from './topic-writer.ts'

export interface KafkaDeadLettersOptions {
  readonly kafka: KafkaClient
  /** Default `registry.events.dlq.v1`. */
  readonly topic?: string
  /** Consumer group of the bridge that gave the record up: written into its headers. */
  readonly groupId: string
  /** Name of the endpoint that did not get it: the same. */
  readonly endpoint: string
}

/**
 * Dead letters as records of a topic: key, value and headers are those of the record, and further headers say where it lay
 * and why. Dead letters are rare, and a repeated one does no harm.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #options: KafkaDeadLettersOptions
  readonly #topic: string
  readonly #writer: TopicWriter

  constructor(options: KafkaDeadLettersOptions) {
    this.#options = options
    this.#topic = options.topic ?? 'registry.events.dlq.v1'
    this.#writer = new KafkaTopicWriter(options.kafka)
  }

  /** Rejects with KAFKA_UNAVAILABLE or KAFKA_CONFIGURATION: with a missing topic, or one that may not be written to, until that is put right. */
  async write(record: ConsumedRecord, reason: DeadLetterReason): Promise<DeadLetterPlace> {
    const { key, value } = record
    const topic = this.#topic
    const headers = deadLetterHeaders(record, reason, this.#options)
    return { topic, ...(await this.#writer.write({ topic, key, value, headers })) }
  }

  close(): Promise<void> {
    return this.#writer.close()
  }
}
