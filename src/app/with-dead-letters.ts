import { EventDecoder } from '../avro/event-decoder.ts'
import { SchemaRegistryClient } from '../avro/schema-registry.ts'
import type { Config } from '../config/config.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { KafkaTopicReader } from '../kafka/kafkajs/topic-reader.ts'
import { KafkaTopicWriter } from '../kafka/kafkajs/topic-writer.ts'
import type { TopicWriter } from '../kafka/writer-port.ts'
import type { DeadLetterTopic } from '../operations/dead-letters.ts'
import { noTelemetry } from '../telemetry.ts'
import type { OnWait } from './answer-watch.ts'
import { closeSoon, commandKafka, openAdmin, watchOf } from './kafka-admin.ts'
import { kafkaOptions, schemaRegistryOptions } from './settings.ts'

/** What the commands for dead letters work with. Nothing connects before it is used. */
export interface OpenDeadLetters extends DeadLetterTopic {
  readonly admin: AdminPort
  readonly writer: TopicWriter
  readonly decoder: EventDecoder
}

/**
 * The dead letters of a configuration for one command; all is closed when it is done. Calls of `admin` that Kafka leaves
 * unanswered reject with KAFKA_UNAVAILABLE within half a minute.
 */
export async function withDeadLetters<T>(
  config: Config,
  onWait: OnWait,
  run: (open: OpenDeadLetters) => Promise<T>,
): Promise<T> {
  const kafka = createKafka(kafkaOptions(config.kafka), noTelemetry)
  const registry = new SchemaRegistryClient(schemaRegistryOptions(config.schemaRegistry))
  const admin = openAdmin(commandKafka(config.kafka))
  const writer = new KafkaTopicWriter(kafka)
  try {
    return await run({
      topic: config.topics.deadLetters,
      keyPrefix: config.records.keyPrefix,
      admin: watchOf(config.kafka, onWait).watched(admin),
      reader: new KafkaTopicReader({ kafka, group: config.bridge.group }),
      writer,
      decoder: new EventDecoder({ registry }),
    })
  } finally {
    await closeSoon([writer, admin])
    registry.close()
  }
}
