import { EventDecoder } from '../avro/event-decoder.ts'
import { SchemaRegistryClient, type SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../kafka/kafkajs/consumer.ts'
import { KafkaDeadLetters } from '../kafka/kafkajs/consumer-dead-letters.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import { TopicBridge } from '../topic-bridge/topic-bridge.ts'
import { type BridgeEndpoint, type BridgeEndpointOptions, openEndpoint } from './open-endpoint.ts'

export interface OpenTopicBridgeOptions {
  readonly kafka: KafkaConnectionOptions
  readonly schemaRegistry: SchemaRegistryOptions
  /** Default `registry.events.v1`. */
  readonly topic?: string
  /** Where records go that can never be read. Default `registry.events.dlq.v1`. */
  readonly deadLetterTopic?: string
  /** The consumer group is `<group>.<endpoint name>`. Default `registry-relay`. */
  readonly group?: string
  /** One that was opened serves several bridges, and is closed by whoever opened it. */
  readonly endpoint: BridgeEndpointOptions | BridgeEndpoint
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
  /**
   * Lets deliveries under way end, commits, leaves the group, closes everything. Idempotent. Default deadline 10 s. Resolves
   * with false where Kafka did not answer that the group was left.
   */
  close(options?: { readonly deadlineMs?: number }): Promise<boolean>
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
  const shared = 'deliverer' in options.endpoint
  const endpoint =
    'deliverer' in options.endpoint ? options.endpoint : openEndpoint(options.endpoint, telemetry)
  const { name, deliverer, gate, wants, profile, retry, drainMs } = endpoint
  const registry = new SchemaRegistryClient({ telemetry, ...options.schemaRegistry })
  const kafka = createKafka(options.kafka, telemetry)
  const bridge = new TopicBridge({
    group,
    endpoint: name,
    topics: [topic],
    consumer: (groupId) => new KafkaConsumer({ kafka, groupId, topics: [topic], telemetry }),
    decoder: new EventDecoder({ registry, telemetry }),
    // Of a shared one each bridge only lets go.
    deliverer: shared
      ? { deliver: (request, signal) => deliverer.deliver(request, signal), close: async () => {} }
      : deliverer,
    deadLetters: new KafkaDeadLetters({
      kafka,
      topic: deadLetterTopic,
      groupId: `${group}.${name}`,
      endpoint: name,
    }),
    gate,
    retry,
    drainMs,
    ...(wants === undefined ? {} : { wants }),
    ...(profile === undefined ? {} : { profile }),
    ...(unknownSchemaMs === undefined ? {} : { unknownSchemaMs }),
    ...(onDelivered === undefined ? {} : { onDelivered }),
    telemetry,
  })
  return {
    groupId: bridge.groupId,
    start: () => bridge.start(),
    readiness: () => bridge.readiness(),
    async close(closeOptions) {
      const left = await bridge.close(closeOptions)
      registry.close()
      return left
    },
  }
}
