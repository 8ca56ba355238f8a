import kafkajs from 'kafkajs'
import { RelayError, toError } from '../../errors.ts'
import type { ConsumedRecord } from '../consumer-port.ts'
import type { DeadLetterReason, DeadLetters } from '../dead-letter-port.ts'
import type { KafkaClient } from './client.ts'

export interface KafkaDeadLettersOptions {
  readonly kafka: KafkaClient
  /** Default `registry.events.dlq.v1`. */
  readonly topic?: string
  /** Consumer group of the bridge that could not read the record: written into its headers. */
  readonly groupId: string
}

/** A reason is for people; one that quotes a schema must not make the record too large. */
const maxMessageLength = 500
/** A record may have lain compressed in its topic; as it is, no broker might take it, and it would wait for ever. */
const compression = kafkajs.CompressionTypes.GZIP

/**
 * Dead letters as records of a topic: key and value are the bytes that could not be read, headers say where
 * they lay and why. Plain sends of one record, acks from all in-sync replicas: dead letters are rare, and a
 * repeated one does no harm.
 */
export class KafkaDeadLetters implements DeadLetters {
  readonly #producer: kafkajs.Producer
  readonly #topic: string
  readonly #groupId: string
  readonly #writing = new Set<Promise<void>>()
  #connected: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(options: KafkaDeadLettersOptions) {
    this.#topic = options.topic ?? 'registry.events.dlq.v1'
    this.#groupId = options.groupId
    this.#producer = options.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 3 },
    })
  }

  /** @throws KAFKA_UNAVAILABLE: not known to be there */
  write(record: ConsumedRecord, reason: DeadLetterReason): Promise<void> {
    if (this.#closing !== undefined) {
      return Promise.reject(new RelayError('SINK_CLOSED', 'dead letters: closed'))
    }
    const written = this.#write(record, reason).finally(() => this.#writing.delete(written))
    this.#writing.add(written)
    return written
  }

  async #write(record: ConsumedRecord, reason: DeadLetterReason): Promise<void> {
    const headers = {
      ...Object.fromEntries([...record.headers].map(([name, values]) => [name, [...values]])),
      'relay.reason.code': reason.code,
      'relay.reason.message': reason.message.slice(0, maxMessageLength),
      'relay.source.topic': record.topic,
      'relay.source.partition': String(record.partition),
      'relay.source.offset': String(record.offset),
      'relay.source.timestamp': String(record.timestamp),
      'relay.group': this.#groupId,
    }
    try {
      await this.#connect()
      const messages = [{ key: record.key, value: record.value, headers }]
      const answer = await this.#producer.send({ topic: this.#topic, acks: -1, messages, compression })
      if (answer.length === 1 && answer[0]?.errorCode === 0) return
    } catch (thrown) {
      throw new RelayError(
        'KAFKA_UNAVAILABLE',
        `dead letter not written to ${this.#topic}: ${toError(thrown).message}`,
        {
          cause: thrown,
        },
      )
    }
    throw new RelayError('KAFKA_UNAVAILABLE', `dead letter not confirmed by ${this.#topic}`)
  }

  /** Only when there is a first dead letter: most bridges never have one. */
  #connect(): Promise<void> {
    this.#connected ??= this.#producer.connect().catch((thrown) => {
      this.#connected = undefined
      throw thrown
    })
    return this.#connected
  }

  close(): Promise<void> {
    this.#closing ??= this.#shut()
    return this.#closing
  }

  async #shut(): Promise<void> {
    await Promise.allSettled(this.#writing)
    if (this.#connected !== undefined) await this.#producer.disconnect().catch(() => {})
  }
}
