import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { DuplicateFilter } from '../gateway/duplicate-filter.ts'
import { DuplicateWindow } from '../gateway/duplicate-window.ts'
import type { GatewayItem } from '../gateway/gateway-item.ts'
import type { Intake } from '../gateway/intake.ts'
import { createOversize } from '../gateway/oversize.ts'
import { createQuarantine } from '../gateway/quarantine.ts'
import type { TopicsReport } from '../kafka/admin-port.ts'
import { topicsOf } from '../kafka/topic-routes.ts'
import { ManagementServer } from '../observability/management-server.ts'
import { createMissingTopics } from '../operations/topics.ts'
import type { Sink } from '../sink/sink.ts'
import type { Disk } from '../spool/disk.ts'
import { nodeDisk } from '../spool/node-disk.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Delivered } from '../topic-bridge/delivered.ts'
import { watchConnections } from './connections.ts'
import { watchEndpoint } from './endpoint-files.ts'
import { Failure } from './failure.ts'
import { withAdmin } from './kafka-admin.ts'
import { bridgeEndpointOptions, openEndpoint } from './open-endpoint.ts'
import { openGatewayServer } from './open-gateway-server.ts'
import { openIntake } from './open-intake.ts'
import { openKafkaRoute } from './open-kafka-route.ts'
import { openSpoolWay, quarantineFiles } from './open-spool-way.ts'
import { openTopicBridge } from './open-topic-bridge.ts'
import type { Parts } from './parts.ts'
import type { Supervisor } from './supervisor.ts'
import type { RealTelemetry } from './telemetry.ts'
import { watchTopics } from './watch-topics.ts'

export interface RunningGateway {
  /** Where registries post to. */
  readonly url: string
  readonly parts: Parts
  /** Rejects when it can go on no more and must be started again. Never resolves. */
  readonly failed: Promise<never>
}

/** Where a test, or the demo, can stand in the way of the events. */
export interface GatewaySeams {
  readonly disk?: Disk
  /** Between the server and the reading of bodies. */
  readonly wrapIntake?: (intake: Intake) => Intake
  /** What acknowledges: in front of the spool, or of Kafka in the ack mode `kafka`. */
  readonly wrapSink?: (sink: Sink<GatewayItem>) => Sink<GatewayItem>
  /** In front of Kafka. */
  readonly wrapRoute?: (route: Sink<GatewayItem>) => Sink<GatewayItem>
}

/**
 * The gateway, in the order in which events travel: server → intake → duplicates → spool → pump → Kafka; in the ack mode
 * `kafka` without spool and pump. Resolves when the port is open; Kafka and the schema registry may come later.
 */
export async function startGateway(
  config: Config,
  telemetry: Telemetry,
  supervisor: Supervisor,
  seams: GatewaySeams = {},
): Promise<RunningGateway> {
  const { ackMode, duplicates } = config.gateway
  const { disk = nodeDisk } = seams
  const window = new DuplicateWindow({ ...duplicates, clock: systemClock })
  const { content } = config.gateway.quarantine
  const quarantine = createQuarantine({ content: content === 'keep' ? 'keep' : 'digest' })
  const eventQuarantine = createQuarantine({ content: content === 'digest' ? 'digest' : 'keep' })
  const oversize = createOversize(quarantineFiles(config, disk), telemetry)
  const connections = watchConnections(config, telemetry, supervisor)
  const failure = new Failure()
  const { route, parts } = await openKafkaRoute(
    config,
    {
      quarantine: eventQuarantine,
      oversize,
      connections,
      onSchemaRefused: failure.fail,
    },
    telemetry,
    supervisor,
  )
  const toKafka = seams.wrapRoute?.(route) ?? route
  const way =
    ackMode === 'spool'
      ? await openSpoolWay({
          config,
          disk,
          window,
          quarantine: eventQuarantine,
          toKafka,
          parts,
          onFailure: failure.fail,
          telemetry,
          supervisor,
        })
      : { sink: toKafka, parts }
  const sink = new DuplicateFilter({
    inner: seams.wrapSink?.(way.sink) ?? way.sink,
    window,
    metrics: telemetry.metrics,
  })
  const intake = openIntake(config, quarantine)
  const server = await openGatewayServer(
    config,
    { intake: seams.wrapIntake?.(intake) ?? intake, quarantine, sink },
    telemetry,
    supervisor,
  )
  const { kafka } = connections
  const topics = watchTopics(config, { kafka, roles: ['events', 'route', 'rejected'] }, telemetry, supervisor)
  return {
    url: server.url,
    parts: { gateway: server.readiness, ...way.parts, ...topics },
    failed: failure.failed,
  }
}

export interface RunningBridges {
  readonly parts: Parts
  /** Resolves when every endpoint's consumer group has been joined; with Kafka down that may take as long as it likes. */
  readonly joined: Promise<void>
}

/**
 * One bridge per endpoint and topic of events, each with a consumer group and lanes of its own: Kafka → decoder →
 * lanes → HTTP. What is routed to another topic reaches the endpoints too, in no order to what the main one holds.
 */
export async function startBridge(
  config: Config,
  telemetry: Telemetry,
  supervisor: Supervisor,
  onDelivered?: (endpoint: string, delivered: Delivered) => void,
): Promise<RunningBridges> {
  const { kafka, schemaRegistry } = watchConnections(config, telemetry, supervisor)
  const { group, unknownSchemaMs, endpoints, remarks } = config.bridge
  for (const remark of remarks) telemetry.logger.warn({}, remark)
  const { events, deadLetters, routes } = config.topics
  const bridges = endpoints.flatMap((settings) => {
    const { name } = settings
    const delivery = watchEndpoint(settings, telemetry, supervisor)
    const endpoint = openEndpoint(bridgeEndpointOptions(settings, delivery), telemetry)
    // Stopped after its bridges, which end what is under way.
    supervisor.add(`endpoint ${name}`, (deadlineMs) => endpoint.deliverer.close({ deadlineMs }))
    return topicsOf(events, routes).map((topic) => {
      const bridge = openTopicBridge({
        kafka,
        schemaRegistry,
        topic,
        deadLetterTopic: deadLetters,
        // The group of the main topic is the one it had before there were routes, or all would be delivered again.
        group: topic === events ? group : `${group}.${topic}`,
        endpoint,
        unknownSchemaMs,
        ...(onDelivered === undefined
          ? {}
          : { onDelivered: (delivered: Delivered) => onDelivered(name, delivered) }),
        telemetry,
      })
      return bridge
    })
  })
  // All at once: one whose endpoint or broker does not answer must not take the time in which the others end what is under way.
  supervisor.add('bridges', async (deadlineMs) => {
    await Promise.all(bridges.map((bridge) => bridge.close({ deadlineMs })))
  })
  const joined = Promise.all(bridges.map((bridge) => bridge.start())).then(() => undefined)
  // Whoever does not wait for it looks at the readiness instead; a stop before the first join is no failure then.
  joined.catch(() => undefined)
  // A dead letter that cannot be written holds up its partition.
  const watched = { kafka, roles: ['dead-letters'], part: 'dead letters' } as const
  const topics = watchTopics(config, watched, telemetry, supervisor)
  const parts = bridges.map((bridge) => [`bridge ${bridge.groupId}`, () => bridge.readiness()] as const)
  return { parts: { ...Object.fromEntries(parts), ...topics }, joined }
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
export function applyTopics(config: Config, telemetry: Telemetry): Promise<TopicsReport> {
  return withAdmin(config.kafka, (admin) => createMissingTopics(config, admin), telemetry)
}
