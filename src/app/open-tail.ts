import { EventDecoder } from '../avro/event-decoder.ts'
import { SchemaRegistryClient } from '../avro/schema-registry.ts'
import type { Config } from '../config/config.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { KafkaTopicFollower } from '../kafka/kafkajs/topic-follower.ts'
import { KafkaTopicReader } from '../kafka/kafkajs/topic-reader.ts'
import type { TailParts } from '../operations/tail.ts'
import { noTelemetry } from '../telemetry.ts'
import type { OnWait } from './answer-watch.ts'
import { closeSoon, commandKafka, openAdmin, watchOf } from './kafka-admin.ts'
import { kafkaOptions, schemaRegistryOptions } from './settings.ts'

/** What reads the topics of a configuration, for one command; closed when it is done. Nothing connects before it is used. */
export async function withTail<T>(
  config: Config,
  onWait: OnWait,
  run: (parts: TailParts) => Promise<T>,
): Promise<T> {
  const kafka = createKafka(kafkaOptions(config.kafka), noTelemetry)
  const { group } = config.bridge
  const registry = new SchemaRegistryClient(schemaRegistryOptions(config.schemaRegistry))
  const admin = openAdmin(commandKafka(config.kafka))
  try {
    return await run({
      admin: watchOf(config.kafka, onWait).watched(admin),
      reader: new KafkaTopicReader({ kafka, group }),
      follower: new KafkaTopicFollower({ kafka, group }),
      decoder: new EventDecoder({ registry }),
    })
  } finally {
    await closeSoon([admin])
    registry.close()
  }
}
