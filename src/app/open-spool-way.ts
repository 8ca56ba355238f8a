import { join } from 'node:path'
import { systemClock } from '../clock.ts'
import type { Config, TopicsConfig } from '../config/config.ts'
import type { DuplicatesConfig } from '../config/gateway-config.ts'
import type { DuplicateWindow } from '../gateway/duplicate-window.ts'
import type { GatewayItem } from '../gateway/gateway-item.ts'
import { decodeItems } from '../gateway/item-codec.ts'
import { Pump } from '../gateway/pump.ts'
import type { Quarantine } from '../gateway/quarantine.ts'
import { QuarantineFiles } from '../gateway/quarantine-files.ts'
import { SpoolRoom } from '../gateway/spool-room.ts'
import { SpoolSink } from '../gateway/spool-sink.ts'
import type { SpooledEvents } from '../gateway/spooled-events.ts'
import type { Topics } from '../gateway/topics.ts'
import { eventOf } from '../kafka/read-record.ts'
import { topicRouter, topicsOf } from '../kafka/topic-routes.ts'
import type { Readiness } from '../observability/readiness.ts'
import type { Sink } from '../sink/sink.ts'
import type { Disk } from '../spool/disk.ts'
import { FileSpool } from '../spool/file-spool.ts'
import { nodeProcesses } from '../spool/node-processes.ts'
import type { Spool } from '../spool/spool.ts'
import type { Telemetry } from '../telemetry.ts'
import { degradable, type Parts } from './parts.ts'
import type { Supervisor } from './supervisor.ts'

export interface SpoolTerms {
  readonly config: Config
  readonly disk: Disk
  /** The disk failed. Started again, the relay finds out what is left. */
  readonly onFailure: (error: Error) => void
  readonly telemetry: Telemetry
  readonly supervisor: Supervisor
}

export interface SpoolWayTerms extends Omit<SpoolTerms, 'disk'> {
  readonly spool: Spool
  readonly window: DuplicateWindow
  readonly quarantine: Quarantine
  readonly toKafka: Sink<GatewayItem>
  /** Of the way to Kafka, which need not be ready for events to be taken. */
  readonly parts: Parts
  readonly spooled: SpooledEvents
}

export interface SpoolWay {
  readonly sink: Sink<GatewayItem>
  readonly parts: Parts
  /** To be called when Kafka can be written to: what is in the spool by then is taken on too. */
  begin(): void
}

/** Events come one by one from many senders, and a sync costs more than the writing of any of them. */
const paceMs = 5

/**
 * Before anything else that a gateway needs: a folder that another process has, or that cannot be used, ends the start, and
 * whatever was begun by then would have more to say about that than the reason.
 */
export async function openSpool(terms: SpoolTerms): Promise<Spool> {
  const { config, disk, onFailure, telemetry, supervisor } = terms
  const { folder, maxBytes, segmentBytes, warnAgeMs } = config.spool
  const spool = await FileSpool.open({
    folder,
    disk,
    processes: nodeProcesses,
    maxBytes,
    segmentBytes,
    warnAgeMs,
    paceMs,
    onFailure,
    telemetry,
  })
  supervisor.add('spool', () => spool.close())
  return spool
}

/** Disk between the sender and Kafka: what is acknowledged is in the spool, and the pump takes it on. */
export async function openSpoolWay(terms: SpoolWayTerms): Promise<SpoolWay> {
  const { config, spool, window, quarantine, toKafka, parts, spooled, onFailure, telemetry, supervisor } =
    terms
  await rememberSpooled(spool, window, config.gateway.duplicates)
  const topics = pumpTopics(config.topics)
  // Before the port is open: to the pump, what is in the spool by now is from before the start.
  const pump = new Pump({ spool, route: toKafka, topics, quarantine, spooled, onFailure, telemetry })
  supervisor.add('pump', (deadlineMs) => pump.close({ deadlineMs }))
  const room = new SpoolRoom(spool)
  return {
    sink: new SpoolSink(room, { maxBytes: config.gateway.limits.maxBodiesBytes, spooled }),
    parts: { spool: () => spoolReadiness(spool, room, pump.problem), ...degradable(parts) },
    begin: () => pump.start(),
  }
}

/** A folder for what is too large for a topic, inside the one that the spool has to itself. */
export function quarantineFiles({ gateway, spool }: Config, disk: Disk): QuarantineFiles | undefined {
  const { oversize, maxFileBytes } = gateway.quarantine
  if (gateway.ackMode !== 'spool' || oversize !== 'file') return undefined
  return new QuarantineFiles({ folder: join(spool.folder, 'rejected'), disk, maxBytes: maxFileBytes })
}

/** The same as the routes of the sink behind decide; without routes no event is decoded for it. */
function pumpTopics({ events, rejected, routes }: TopicsConfig): Topics {
  const topicOf = topicRouter(events, routes)
  return {
    events: topicsOf(events, routes),
    rejected,
    topicOf: routes.length === 0 ? () => events : (record) => topicOf(eventOf(record)),
  }
}

/** Fills the window with what was accepted before the restart: a registry posts again what it heard no answer for. */
async function rememberSpooled(
  spool: Spool,
  window: DuplicateWindow,
  { maxEvents, maxAgeMs }: DuplicatesConfig,
): Promise<void> {
  if (!window.enabled) return
  const now = systemClock.now()
  for await (const { content, appendedAt } of spool.recent({ sinceMs: now - maxAgeMs, records: maxEvents })) {
    for (const item of itemsOf(content)) {
      if (item.kind !== 'event' || item.id === undefined) continue
      window.add(item.id, item.digest.toString('latin1'), undefined, Math.max(0, now - appendedAt))
    }
  }
}

/** What cannot be read is the pump's to report, if it was not sent long ago. */
function itemsOf(content: Buffer): readonly GatewayItem[] {
  try {
    return decodeItems(content)
  } catch {
    return []
  }
}

function spoolReadiness(spool: Spool, room: SpoolRoom, problem: string | undefined): Readiness {
  const { failure, heldBytes, maxBytes, unacked, oldestAgeMs } = spool.state()
  if (failure !== undefined) return { ready: false, reason: failure }
  if (heldBytes >= maxBytes) return { ready: false, reason: `the spool is at its limit of ${maxBytes} bytes` }
  if (room.lacking !== undefined) return { ready: false, reason: room.lacking }
  if (unacked === 0) return { ready: true }
  const age = oldestAgeMs === undefined ? '' : `, the oldest for ${Math.round(oldestAgeMs / 1_000)} s`
  const why = problem === undefined ? '' : `: ${problem}`
  return { ready: true, reason: `${unacked} notifications wait for Kafka${age}${why}` }
}
