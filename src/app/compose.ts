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
import { codecToWrite } from '../kafka/kafkajs/codecs.ts'
import { topicsOf } from '../kafka/topic-routes.ts'
import { createMissingTopics } from '../operations/topics.ts'
import type { Sink } from '../sink/sink.ts'
import type { Disk } from '../spool/disk.ts'
import { nodeDisk } from '../spool/node-disk.ts'
import type { Telemetry } from '../telemetry.ts'
import { watchConnections } from './connections.ts'
import { Failure } from './failure.ts'
import { gatewayRules } from './gateway-rules.ts'
import { LateSinks, type LateSinksOptions } from './late-sinks.ts'
import { openGatewayServer } from './open-gateway-server.ts'
import { openKafkaRoute } from './open-kafka-route.ts'
import type { KafkaSinks } from './open-kafka-sinks.ts'
import { openSpool, openSpoolWay, quarantineFiles, type SpoolWay } from './open-spool-way.ts'
import type { Parts } from './parts.ts'
import type { Reloadable } from './reloader.ts'
import type { Supervisor } from './supervisor.ts'

export interface RunningGateway extends Reloadable {
  /** Where registries post to. */
  readonly url: string
  readonly parts: Parts
  /** Rejects when it can go on no more and must be started again, or cannot begin to write to Kafka. Never resolves. */
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
 * `kafka` without spool and pump. Resolves when the port is open; Kafka and the schema registry may come later, and with a
 * spool so does the loading of the Kafka client.
 */
export async function startGateway(
  config: Config,
  telemetry: Telemetry,
  supervisor: Supervisor,
  seams: GatewaySeams = {},
): Promise<RunningGateway> {
  const { ackMode, duplicates } = config.gateway
  // Throws what a person must mend, before a sender is told that anything can be taken.
  codecToWrite(config.kafka.compression)
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
  const openSinks = async (stops: Supervisor): Promise<KafkaSinks> => {
    const { openKafkaSinks } = await import('./open-kafka-sinks.ts')
    const terms = { connections, onSchemaRefused: onFailure, watches: supervisor }
    return openKafkaSinks(config, terms, telemetry, stops)
  }
  const late = spool === undefined ? undefined : lateSinks(config, openSinks, onFailure, telemetry)
  if (late !== undefined) supervisor.add('way to Kafka', (deadlineMs) => late.stop(deadlineMs))
  const sinks = late ?? (await openSinks(supervisor))
  const route = openKafkaRoute(config, { sinks, quarantine, oversize }, telemetry, supervisor)
  const toKafka = seams.wrapRoute?.(route) ?? route
  // Also without a spool: what adds the numbers up finds a 0 then, and not nothing.
  const spooled = new SpooledEvents(telemetry.metrics)
  const { parts } = sinks
  const way: SpoolWay =
    spool === undefined
      ? { sink: toKafka, parts, begin: () => {} }
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
  void late?.open().then((opened) => {
    if (opened) way.begin()
  })
  return {
    url: server.url,
    parts: { gateway: server.readiness, ...way.parts },
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

function lateSinks(
  { topics: { events, routes, rejected } }: Config,
  open: LateSinksOptions['open'],
  onFailure: (error: Error) => void,
  telemetry: Telemetry,
): LateSinks {
  return new LateSinks({ open, topics: [...topicsOf(events, routes), rejected], onFailure, telemetry })
}

/** Creates the topics of the relay that are missing, and says what differs in those that exist. */
export async function applyTopics(config: Config, telemetry: Telemetry): Promise<TopicsReport> {
  // Not above: a gateway opens its port before it loads the Kafka client.
  const { withAdmin } = await import('./kafka-admin.ts')
  return withAdmin(config.kafka, (admin) => createMissingTopics(config, admin), telemetry)
}
