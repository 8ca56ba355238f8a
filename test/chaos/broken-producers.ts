import type { KafkaClient } from '../../src/kafka/kafkajs/client.ts'
import type { Leaders, ProducerFactory } from '../../src/kafka/producer-port.ts'

/**
 * Producers with the defect that the lanes exist for: all partitions in one send, whichever brokers lead them, repeated by
 * the client itself. Every partition is said to have the same leader, so that one lane gets them all.
 */
export function spanningProducers(kafka: KafkaClient, topic: string, partitions: number): ProducerFactory {
  const leaders: Leaders = new Map(Array.from({ length: partitions }, (_, partition) => [partition, 1]))
  return (onLeaders) => {
    const producer = kafka.producer({ idempotent: true, allowAutoTopicCreation: false })
    return {
      connect: () => producer.connect(),
      async produce(_broker, batches) {
        const messages = batches.flatMap(({ partition, records }) =>
          records.map((record) => ({ ...record, partition })),
        )
        const replies = await producer.send({ topic, acks: -1, messages })
        return replies.map(({ partition, errorCode, baseOffset = '-1' }) => ({
          partition,
          errorCode,
          baseOffset,
        }))
      },
      refreshLeaders: async () => onLeaders(leaders, partitions),
      close: () => producer.disconnect(),
    }
  }
}

/** Producers that forget what they sent: after a failure the same batch goes out under another producer id. */
export function forgetfulProducers(make: ProducerFactory): ProducerFactory {
  return (onLeaders) => {
    let inner = make(onLeaders)
    return {
      connect: () => inner.connect(),
      async produce(broker, batches) {
        const producer = inner
        try {
          return await producer.produce(broker, batches)
        } catch (error) {
          if (inner === producer) {
            inner = make(onLeaders)
            await inner.connect()
            await producer.close()
          }
          throw error
        }
      },
      refreshLeaders: () => inner.refreshLeaders(),
      close: () => inner.close(),
    }
  }
}
