import { EventDecoder } from '../avro/event-decoder.ts'
import { SchemaRegistryClient, type SchemaRegistryOptions } from '../avro/schema-registry.ts'
import { HttpDelivery } from '../http/delivery.ts'
import type { HeaderValues } from '../http/request-headers.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../kafka/kafkajs/consumer.ts'
import { KafkaDeadLetters } from '../kafka/kafkajs/consumer-dead-letters.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import { TopicBridge } from '../topic-bridge/topic-bridge.ts'

export interface OpenTopicBridgeOptions {
  readonly kafka: KafkaConnectionOptions
  readonly schemaRegistry: SchemaRegistryOptions
  /** Default `registry.events.v1`. */
  readonly topic?: string
  /** Where records go that can never be read. Default `registry.events.dlq.v1`. */
  readonly deadLetterTopic?: string
  /** The consumer group is `<group>.<endpoint name>`. Default `registry-relay`. */
  readonly group?: string
  readonly endpoint: {
    readonly name: string
    readonly url: string
    readonly headers?: HeaderValues
    /** For one attempt. Default 10,000. */
    readonly timeoutMs?: number
    /** Repositories in flight at once, over all partitions. Default 64. */
    readonly concurrency?: number
  }
  /**
   * For how long a record holds up its repository whose schema the registry does not know, until it is kept among the dead
   * letters. Milliseconds, default 900,000.
   */
  readonly unknownSchemaMs?: number
  /** Called for each event after the endpoint took it. */
  readonly onDelivered?: (delivered: Delivered) => void
  readonly telemetry?: Telemetry
}

/** A {@link TopicBridge} that owns its connections. */
export interface OpenTopicBridge {
  /** Name of the consumer group: whose offsets say what was delivered. */
  readonly groupId: string
  /** Resolves when the group has been joined; with the brokers down it goes on trying. */
  start(): Promise<void>
  readiness(): { readonly ready: boolean; readonly reason?: string }
  /** Lets deliveries under way end, commits, leaves the group, closes everything. Idempotent. Default deadline 10 s. */
  close(options?: { readonly deadlineMs?: number }): Promise<void>
}

/**
 * Delivers a topic to one HTTP endpoint, with all that it needs: Kafka → decoder → lanes per repository → HTTP.
 *
 * @throws RelayError CONFIG_INVALID naming the option
 */
export function openTopicBridge(options: OpenTopicBridgeOptions): OpenTopicBridge {
  const {
    topic = 'registry.events.v1',
    deadLetterTopic = 'registry.events.dlq.v1',
    group = 'registry-relay',
    telemetry = noTelemetry,
    unknownSchemaMs,
    onDelivered,
  } = options
  const { name, url, headers = {}, timeoutMs = 10_000, concurrency = 64 } = options.endpoint
  const registry = new SchemaRegistryClient({ telemetry, ...options.schemaRegistry })
  const kafka = createKafka(options.kafka, telemetry)
  const bridge = new TopicBridge({
    group,
    endpoint: name,
    consumer: (groupId) => new KafkaConsumer({ kafka, groupId, topics: [topic], telemetry }),
    decoder: new EventDecoder({ registry, telemetry }),
    deliverer: new HttpDelivery({
      url,
      headers,
      maxConnections: concurrency,
      headersTimeoutMs: timeoutMs,
      totalTimeoutMs: timeoutMs,
    }),
    deadLetters: new KafkaDeadLetters({ kafka, topic: deadLetterTopic, groupId: `${group}.${name}` }),
    maxInFlight: concurrency,
    ...(unknownSchemaMs === undefined ? {} : { unknownSchemaMs }),
    ...(onDelivered === undefined ? {} : { onDelivered }),
    telemetry,
  })
  return {
    groupId: bridge.groupId,
    start: () => bridge.start(),
    readiness: () => bridge.readiness(),
    async close(closeOptions) {
      await bridge.close(closeOptions)
      registry.close()
    },
  }
}
