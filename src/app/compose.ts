import { hostname } from 'node:os'
import type { Config } from '../config/config.ts'
import { createIntake, type Intake } from '../gateway/intake.ts'
import { GatewayServer } from '../gateway/server.ts'
import type { TopicsReport } from '../kafka/admin-port.ts'
import { KafkaAdmin } from '../kafka/kafkajs/admin.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { RecordSink } from '../kafka/record-sink.ts'
import { relayTopics } from '../kafka/topics.ts'
import { ManagementServer, type Readiness } from '../observability/management-server.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import { openTopicBridge } from './open-topic-bridge.ts'
import { openPublishing } from './publishing.ts'
import { headerValues, kafkaOptions, schemaRegistryOptions } from './settings.ts'
import type { Supervisor } from './supervisor.ts'
import type { RealTelemetry } from './telemetry.ts'

/** What `/readyz` asks, by name. */
export type Parts = Readonly<Record<string, () => Readiness>>

export interface RunningGateway {
  /** Where registries post to. */
  readonly url: string
  readonly parts: Parts
}

/**
 * The gateway, in the order in which events travel: server → intake → record sink → Kafka. Resolves when the port is open;
 * Kafka and the schema registry may come later, until then posts are answered 503.
 *
 * `onReceived` sees every notification that could be read, before it is published.
 */
export async function startGateway(
  config: Config,
  telemetry: Telemetry,
  supervisor: Supervisor,
  onReceived?: (body: Buffer, contentType: string | undefined) => void,
): Promise<RunningGateway> {
  const publishing = openPublishing({
    kafka: kafkaOptions(config.kafka),
    schemaRegistry: { ...schemaRegistryOptions(config.schemaRegistry), mode: config.schemaRegistry.mode },
    topic: config.topics.events,
    telemetry,
  })
  supervisor.add('clients of the sink', () => publishing.close())
  const sink = new RecordSink(publishing.sinkOptions)
  await sink.start()
  supervisor.add('record sink', (deadlineMs) => sink.close({ deadlineMs }))

  const { host, port, path, maxBodyBytes, ackBudgetMs, authorization, publisherId } = config.gateway
  const intake = createIntake({ publisherId: publisherId ?? hostname() })
  const server = new GatewayServer({
    intake: onReceived === undefined ? intake : observed(intake, onReceived),
    sink,
    host,
    port,
    path,
    maxBodyBytes,
    ackBudgetMs,
    authorization: authorization.map((secret) => secret.reveal()),
    telemetry,
  })
  const { url } = await server.start()
  supervisor.add('gateway', (deadlineMs) => server.close({ deadlineMs }))
  return {
    url,
    parts: {
      gateway: () => server.readiness(),
      'record sink': () => sink.readiness(),
      'schema registry': () => publishing.schemaIds.readiness(),
    },
  }
}

function observed(
  intake: Intake,
  onReceived: (body: Buffer, contentType: string | undefined) => void,
): Intake {
  return (body, contentType) => {
    const notification = intake(body, contentType)
    onReceived(Buffer.from(body), contentType)
    return notification
  }
}

export interface RunningBridges {
  readonly parts: Parts
  /** Resolves when every endpoint's consumer group has been joined; with Kafka down that may take as long as it likes. */
  readonly joined: Promise<void>
}

/** One bridge per endpoint, each with a consumer group, lanes and connections of its own: Kafka → decoder → lanes → HTTP. */
export async function startBridge(
  config: Config,
  telemetry: Telemetry,
  supervisor: Supervisor,
  onDelivered?: (endpoint: string, delivered: Delivered) => void,
): Promise<RunningBridges> {
  const bridges = config.bridge.endpoints.map(({ name, url, headers, timeoutMs, concurrency }) => {
    const bridge = openTopicBridge({
      kafka: kafkaOptions(config.kafka),
      schemaRegistry: schemaRegistryOptions(config.schemaRegistry),
      topic: config.topics.events,
      deadLetterTopic: config.topics.deadLetters,
      group: config.bridge.group,
      endpoint: { name, url, headers: headerValues(headers), timeoutMs, concurrency },
      ...(onDelivered === undefined
        ? {}
        : { onDelivered: (delivered: Delivered) => onDelivered(name, delivered) }),
      telemetry,
    })
    supervisor.add(`bridge ${name}`, (deadlineMs) => bridge.close({ deadlineMs }))
    return bridge
  })
  const joined = Promise.all(bridges.map((bridge) => bridge.start())).then(() => undefined)
  // Whoever does not wait for it looks at the readiness instead; a stop before the first join is no failure then.
  joined.catch(() => undefined)
  return {
    parts: Object.fromEntries(
      bridges.map((bridge) => [`bridge ${bridge.groupId}`, () => bridge.readiness()]),
    ),
    joined,
  }
}

/** `/healthz`, `/readyz` and `/metrics`. Resolves with their base URL. */
export async function startManagement(
  config: Config,
  telemetry: RealTelemetry,
  supervisor: Supervisor,
  parts: Parts,
): Promise<string> {
  const { host, port } = config.management
  const server = new ManagementServer({ host, port, parts, metrics: telemetry.metrics })
  const { url } = await server.start()
  supervisor.add('management server', () => server.close())
  return url
}

/** Creates the topics of the relay that are missing, and says what differs in those that exist. */
export async function applyTopics(config: Config, telemetry: Telemetry): Promise<TopicsReport> {
  const admin = new KafkaAdmin(createKafka(kafkaOptions(config.kafka), telemetry))
  try {
    return await admin.ensureTopics(relayTopics(config.topics))
  } finally {
    await admin.close()
  }
}
