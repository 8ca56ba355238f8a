import type kafkajs from 'kafkajs'
import { RelayError } from '../../errors.ts'
import { rootCause } from '../classify.ts'
import type {
  OnLeaders,
  ProduceBatch,
  ProduceReply,
  ProducerFactory,
  ProducerPort,
} from '../producer-port.ts'
import type { KafkaClient } from './client.ts'
import type { Compression } from './codecs.ts'
import { compressionType } from './compression.ts'
import {
  type InstructedMessage,
  type Instruction,
  LeaderMoved,
  leaderProbe,
  PartitionGuard,
} from './partition-guard.ts'

export interface KafkajsProducerOptions {
  readonly topic: string
  /** Of the batches. Default `none`: small batches gain little, and the topic keeps what it gets. */
  readonly compression?: Compression
}

/**
 * Producers of one topic over kafkajs.
 *
 * @throws RelayError CONFIG_INVALID saying what the compression asked for needs
 */
export function kafkajsProducers(kafka: KafkaClient, options: KafkajsProducerOptions): ProducerFactory {
  const compression = compressionType(options.compression ?? 'none')
  return (onLeaders) => new KafkajsProducer(kafka, options.topic, compression, onLeaders)
}

/** See {@link ProducerPort}; one idempotent kafkajs producer whose partitioner is a {@link PartitionGuard}. */
class KafkajsProducer implements ProducerPort {
  readonly #topic: string
  readonly #compression: kafkajs.CompressionTypes
  readonly #ackTimeoutMs: number
  readonly #guard: PartitionGuard
  readonly #producer: kafkajs.Producer

  constructor(
    kafka: KafkaClient,
    topic: string,
    compression: kafkajs.CompressionTypes,
    onLeaders: OnLeaders,
  ) {
    this.#topic = topic
    this.#compression = compression
    // The broker gives up waiting for replicas before we give up waiting for the broker, so that a slow follower
    // ends as an answer on a living connection, not as a connection destroyed.
    this.#ackTimeoutMs = Math.ceil(kafka.connection.requestTimeoutMs * 0.8)
    this.#guard = new PartitionGuard(onLeaders)
    this.#producer = kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      createPartitioner: () => this.#guard.partition,
      // One attempt per send, because a batch may only be repeated under the lanes' rules. 0 is refused for an
      // idempotent producer; NaN passes that check and is never above the count of retries done.
      retry: { retries: Number.NaN },
    })
  }

  connect(): Promise<void> {
    return this.#producer.connect()
  }

  async produce(broker: number, batches: readonly ProduceBatch[]): Promise<readonly ProduceReply[]> {
    const instruction: Instruction = {
      kind: 'produce',
      broker,
      partitions: batches.map(({ partition }) => partition),
    }
    const messages: InstructedMessage[] = []
    for (const { partition, records } of batches) {
      for (const { key, value, timestamp, headers } of records) {
        messages.push({ key, value, timestamp, headers: headers ?? {}, partition, instruction })
      }
    }
    try {
      const replies = await this.#send(messages)
      return replies.filter(({ topicName }) => topicName === this.#topic).map(toReply)
    } catch (error) {
      const root = rootCause(error)
      if (root instanceof LeaderMoved) throw new RelayError('LEADER_MOVED', root.message)
      throw error
    }
  }

  async refreshLeaders(): Promise<void> {
    // The first look loads the metadata by itself; later ones would only see what is cached.
    if (this.#guard.informed) await this.#probe({ kind: 'refresh' })
    await this.#probe({ kind: 'look' })
  }

  close(): Promise<void> {
    return this.#producer.disconnect()
  }

  /** Sends a message that the partitioner never lets out; whatever else went wrong on the way is thrown. */
  async #probe(instruction: Instruction): Promise<void> {
    const message: InstructedMessage = { value: null, instruction }
    try {
      await this.#send([message])
    } catch (error) {
      if (rootCause(error).message !== leaderProbe) throw error
    }
  }

  #send(messages: InstructedMessage[]): Promise<kafkajs.RecordMetadata[]> {
    return this.#producer.send({
      topic: this.#topic,
      acks: -1,
      timeout: this.#ackTimeoutMs,
      compression: this.#compression,
      messages,
    })
  }
}

function toReply(metadata: kafkajs.RecordMetadata): ProduceReply {
  return {
    partition: metadata.partition,
    errorCode: metadata.errorCode,
    baseOffset: metadata.baseOffset ?? '-1',
  }
}
