import { systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { DuplicateFilter } from '../gateway/duplicate-filter.ts'
import { DuplicateWindow } from '../gateway/duplicate-window.ts'
import type { GatewayItem } from '../gateway/gateway-item.ts'
import type { Intake } from '../gateway/intake.ts'
import { createOversize } from '../gateway/oversize.ts'
import type { Quarantine } from '../gateway/quarantine.ts'
import { SpooledEvents } from '../gateway/spooled-events.ts'
import type { TopicsReport } from '../kafka/admin-port.ts'
import { ManagementServer } from '../observability/management-server.ts'
import { createMissingTopics } from '../operations/topics.ts'
import type { Sink } from '../sink/sink.ts'
import type { Disk } from '../spool/disk.ts'
import { nodeDisk } from '../spool/node-disk.ts'
import type { Telemetry } from '../telemetry.ts'
import { packageVersion } from '../version.ts'
import { watchConnections } from './connections.ts'
import { Failure } from './failure.ts'
import { gatewayRules } from './gateway-rules.ts'
import { withAdmin } from './kafka-admin.ts'
import { notificationsUrlOf } from './notifications-url.ts'
import { openGatewayServer } from './open-gateway-server.ts'
import { openKafkaRoute } from './open-kafka-route.ts'
import { openSpool, openSpoolWay, quarantineFiles } from './open-spool-way.ts'
import type { Parts } from './parts.ts'
import { showReadiness } from './readiness-metric.ts'
import type { Reloadable } from './reloader.ts'
import type { Supervisor } from './supervisor.ts'
import type { RealTelemetry } from './telemetry.ts'
import { watchTopics } from './watch-topics.ts'

export interface RunningGateway extends Reloadable {
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
  let rules = gatewayRules(config, seams.wrapIntake)
  const quarantine: Quarantine = (rejected, arrival) => rules.eventQuarantine(rejected, arrival)
  const oversize = createOversize(quarantineFiles(config, disk), telemetry)
  const failure = new Failure()
  const onFailure = failure.fail
  const spool =
    ackMode === 'spool' ? await openSpool({ config, disk, onFailure, telemetry, supervisor }) : undefined
  const connections = watchConnections(config, telemetry, supervisor)
  const { route, parts } = await openKafkaRoute(
    config,
    {
      quarantine,
      oversize,
      connections,
      onSchemaRefused: onFailure,
    },
    telemetry,
    supervisor,
  )
  const toKafka = seams.wrapRoute?.(route) ?? route
  // Also without a spool: what adds the numbers up finds a 0 then, and not nothing.
  const spooled = new SpooledEvents(telemetry.metrics)
  const way =
    spool === undefined
      ? { sink: toKafka, parts }
      : await openSpoolWay({
          config,
          spool,
          window,
          quarantine,
          toKafka,
          parts,
          spooled,
          onFailure,
          telemetry,
          supervisor,
        })
  const sink = new DuplicateFilter({
    inner: seams.wrapSink?.(way.sink) ?? way.sink,
    window,
    metrics: telemetry.metrics,
  })
  const server = await openGatewayServer(config, { handling: rules.handling, sink }, telemetry, supervisor)
  const { kafka } = connections
  const topics = watchTopics(config, { kafka, roles: ['events', 'route', 'rejected'] }, telemetry, supervisor)
  return {
    url: server.url,
    parts: { gateway: server.readiness, ...way.parts, ...topics },
    failed: failure.failed,
    prepare(next) {
      const nextRules = gatewayRules(next, seams.wrapIntake)
      const replace = server.prepare(next, nextRules.handling)
      return () => {
        rules = nextRules
        return replace()
      }
    },
  }
}

/** `/healthz`, `/readyz`, `/metrics` and the status page. Resolves with their base URL. */
export async function startManagement(
  config: Config,
  telemetry: RealTelemetry,
  supervisor: Supervisor,
  parts: Parts,
): Promise<string> {
  const { host, port } = config.management
  const { metrics, problems } = telemetry
  const notificationsUrl = notificationsUrlOf(config.gateway)
  const version = packageVersion()
  showReadiness(metrics, parts)
  const server = new ManagementServer({ host, port, version, parts, metrics, problems, notificationsUrl })
  const { url } = await server.start()
  supervisor.add('management server', () => server.close())
  return url
}

/** Creates the topics of the relay that are missing, and says what differs in those that exist. */
export function applyTopics(config: Config, telemetry: Telemetry): Promise<TopicsReport> {
  return withAdmin(config.kafka, (admin) => createMissingTopics(config, admin), telemetry)
}
