import { registryEventSchema } from '../avro/event-schema.ts'
import { SchemaIdFile } from '../avro/schema-id-file.ts'
import { RegisteredSchemaIds } from '../avro/schema-ids.ts'
import { SchemaRegistryClient, type SchemaRegistryOptions } from '../avro/schema-registry.ts'
import { type SubjectStrategy, subjectOf } from '../avro/subject.ts'
import type { RelayError } from '../errors.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { KafkaAdmin } from '../kafka/kafkajs/admin.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import type { Compression } from '../kafka/kafkajs/codecs.ts'
import { compressionGrowth } from '../kafka/kafkajs/compression.ts'
import { kafkajsProducers } from '../kafka/kafkajs/producer.ts'
import type { PublisherOptions } from '../kafka/publisher-options.ts'
import type { RoutedSinkOptions, TopicParts } from '../kafka/routed-sink.ts'
import type { TopicRoute } from '../kafka/topic-routes.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'

export interface PublishingOptions {
  readonly kafka: KafkaConnectionOptions
  readonly schemaRegistry: SchemaRegistryOptions & {
    /** `lookup` (default): somebody else registers the schema. `register`: done here, for development. */
    readonly mode?: 'lookup' | 'register'
    /** Default `topic-name`: `<topic>-value`. */
    readonly subjectStrategy?: SubjectStrategy
    /** How often known ids are held against the registry. Milliseconds, default 300,000. */
    readonly revalidateMs?: number
    /** Absolute path of a file that remembers ids, so that a start needs no registry. Default: none. */
    readonly cacheFile?: string
  }
  /** Called when the registry refuses to register the schema, in the mode `register` only: for programs that rather end. */
  readonly onSchemaRefused?: (error: RelayError) => void
  /** Default `registry.events.v1`. Must exist: topics are never created by publishing. */
  readonly topic?: string
  /** Events that go to topics of their own, the first that means an event; each of them must exist. Default: none. */
  readonly routes?: readonly TopicRoute[]
  /** In front of the repository in every key, so that several registries can share a topic. Default: empty. */
  readonly keyPrefix?: string
  /** Headers of the CloudEvents 1.0 binary mode. Default `false`. */
  readonly cloudEvents?: boolean
  /** Of batches. Default `none`; `snappy` and `lz4` need the packages `snappy` and `lz4-napi`, `zstd` Node.js 22.15. */
  readonly compression?: Compression
  readonly telemetry?: Telemetry
}

/** What a sink of events or records needs of Kafka and of the schema registry. To be closed after the sink. */
export interface Publishing {
  /** For `createRecordSink` or a `KafkaSink`. */
  readonly sinkOptions: RoutedSinkOptions
  /** For plain bytes to another topic, over the same client. */
  publisherOptions(topic: string): PublisherOptions
  /** Ready: the ids of the schema are known, for every topic. With a reason then: the registry does not answer. */
  readiness(): { readonly ready: boolean; readonly reason?: string }
  close(): Promise<void>
}

/**
 * Asks the schema registry at once and in the background; connects to Kafka when the sink is started.
 *
 * @throws RelayError CONFIG_INVALID naming the option, or saying what a compression needs
 */
export function openPublishing(options: PublishingOptions): Publishing {
  const { topic = 'registry.events.v1', routes = [], compression = 'none', telemetry = noTelemetry } = options
  const {
    mode = 'lookup',
    subjectStrategy,
    revalidateMs,
    cacheFile,
    ...registryOptions
  } = options.schemaRegistry
  const kafka = createKafka(options.kafka, telemetry)
  const admin = new KafkaAdmin(kafka)
  const registry = new SchemaRegistryClient({ telemetry, ...registryOptions })
  const cache = cacheFile === undefined ? {} : { cache: new SchemaIdFile(cacheFile) }
  const revalidate = revalidateMs === undefined ? {} : { revalidateMs }
  const refusal = options.onSchemaRefused === undefined ? {} : { onRefused: options.onSchemaRefused }
  const bySubject = new Map<string, RegisteredSchemaIds>()
  const schemaIds = (name: string): RegisteredSchemaIds => {
    const subject = subjectOf(subjectStrategy ?? 'topic-name', name, registryEventSchema.name)
    const known = bySubject.get(subject)
    if (known !== undefined) return known
    const ids = new RegisteredSchemaIds({
      registry,
      subject,
      mode,
      ...cache,
      ...revalidate,
      ...refusal,
      telemetry,
    })
    bySubject.set(subject, ids)
    return ids
  }
  const publisherOptions = (name: string): PublisherOptions => ({
    topic: name,
    producer: kafkajsProducers(kafka, { topic: name, compression }),
    async maxMessageBytes() {
      const limit = await admin.maxMessageBytes(name)
      return limit === undefined ? undefined : limit - compressionGrowth(compression, limit)
    },
    telemetry,
  })
  const partsOf = (name: string): TopicParts => ({ ...publisherOptions(name), schemaIds: schemaIds(name) })
  const [registryUrl] = registry.urls
  return {
    sinkOptions: {
      ...publisherOptions(topic),
      schemaIds: schemaIds(topic),
      routes,
      partsOf,
      ...(options.keyPrefix === undefined ? {} : { keyPrefix: options.keyPrefix }),
      ...(options.cloudEvents ? { cloudEvents: registryUrl === undefined ? {} : { registryUrl } } : {}),
    },
    publisherOptions,
    readiness() {
      const states = [...bySubject.values()].map((ids) => ids.readiness())
      return (
        states.find(({ ready }) => !ready) ??
        states.find(({ reason }) => reason !== undefined) ?? { ready: true }
      )
    },
    async close() {
      for (const ids of bySubject.values()) ids.close()
      registry.close()
      await admin.close()
    },
  }
}
