import { RegisteredSchemaIds } from '../avro/schema-ids.ts'
import { SchemaRegistryClient, type SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { KafkaAdmin } from '../kafka/kafkajs/admin.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { kafkajsProducers } from '../kafka/kafkajs/producer.ts'
import type { PublisherOptions } from '../kafka/publisher-options.ts'
import type { RecordSinkOptions } from '../kafka/record-sink.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'

export interface PublishingOptions {
  readonly kafka: KafkaConnectionOptions
  readonly schemaRegistry: SchemaRegistryOptions & {
    /** `lookup` (default): somebody else registers the schema. `register`: done here, for development. */
    readonly mode?: 'lookup' | 'register'
  }
  /** Default `registry.events.v1`. Must exist: topics are never created by publishing. */
  readonly topic?: string
  readonly telemetry?: Telemetry
}

/** What a sink of events or records needs of Kafka and of the schema registry. To be closed after the sink. */
export interface Publishing {
  readonly sinkOptions: RecordSinkOptions
  readonly schemaIds: RegisteredSchemaIds
  /** For plain bytes to another topic, over the same client. */
  publisherOptions(topic: string): PublisherOptions
  close(): Promise<void>
}

/** Asks the schema registry at once and in the background; connects to Kafka when the sink is started. */
export function openPublishing(options: PublishingOptions): Publishing {
  const { topic = 'registry.events.v1', telemetry = noTelemetry } = options
  const { mode = 'lookup', ...registryOptions } = options.schemaRegistry
  const kafka = createKafka(options.kafka, telemetry)
  const admin = new KafkaAdmin(kafka)
  const registry = new SchemaRegistryClient(registryOptions)
  const schemaIds = new RegisteredSchemaIds({ registry, subject: `${topic}-value`, mode, telemetry })
  const publisherOptions = (name: string): PublisherOptions => ({
    topic: name,
    producer: kafkajsProducers(kafka, { topic: name }),
    maxMessageBytes: () => admin.maxMessageBytes(name),
    telemetry,
  })
  return {
    sinkOptions: { ...publisherOptions(topic), schemaIds },
    schemaIds,
    publisherOptions,
    async close() {
      schemaIds.close()
      registry.close()
      await admin.close()
    },
  }
}
