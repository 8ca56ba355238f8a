import { join } from 'node:path'
import type { Config, SubjectStrategy } from '../config/config.ts'
import { isRelayError, type RelayError } from '../errors.ts'
import { KafkaRoute } from '../gateway/kafka-route.ts'
import type { Oversize } from '../gateway/oversize.ts'
import type { Quarantine } from '../gateway/quarantine.ts'
import { createRecordSink } from '../kafka/routed-sink.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Connections } from './connections.ts'
import type { Parts } from './parts.ts'
import { openPublishing } from './publishing.ts'
import { RejectedSink } from './rejected-sink.ts'
import type { Supervisor } from './supervisor.ts'

export interface KafkaRouteTerms {
  readonly quarantine: Quarantine
  readonly oversize: Oversize
  readonly connections: Connections
  /** The schema registry will not register the schema, see `RegisteredSchemaIdsOptions`. */
  readonly onSchemaRefused: (error: RelayError) => void
}

/** Events come one by one from many senders, through a spool too; registries wait a second for their answer. */
const paceMs = 5

/**
 * What may wait for each topic, unless one Envelope has more: two seconds' worth, and 100 MB of memory for each. With a spool
 * the pump's limits come first: 28 MB for each topic.
 */
const waitingRecords = 10_000
const waitingBytes = 64 * 1024 * 1024

/** With a spool: the pump has waited for Kafka already, and what is not confirmed is still there. */
const spooledCloseMs = 500

/** Without one: every post has its answer by now, and what Kafka has not confirmed was none that its sender counts on. */
const unspooledCloseMs = 2_000

/** The way to Kafka: events and what was rejected, each to its topic. Connects in the background. */
export async function openKafkaRoute(
  config: Config,
  terms: KafkaRouteTerms,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Promise<{ readonly route: KafkaRoute; readonly parts: Parts }> {
  const { quarantine, oversize, connections, onSchemaRefused } = terms
  const spooled = config.gateway.ackMode === 'spool'
  // A pump can wait; a sender who cannot is told so, before what waits grows with every post.
  const overBudget: 'wait' | 'reject' = spooled ? 'wait' : 'reject'
  const budgetRecords = Math.max(waitingRecords, config.gateway.limits.maxEvents)
  const publishing = openPublishing({
    kafka: connections.kafka,
    compression: config.kafka.compression,
    schemaRegistry: { ...connections.schemaRegistry, ...schemaIdOptions(config) },
    onSchemaRefused,
    topic: config.topics.events,
    routes: config.topics.routes,
    keyPrefix: config.records.keyPrefix,
    cloudEvents: config.records.cloudEvents,
    telemetry,
  })
  supervisor.add('clients of the sinks', () => publishing.close())
  // Of the largest body the fields and the text may be stored both.
  const budgetBytes = Math.max(waitingBytes, 3 * config.gateway.maxBodyBytes)
  const limits = { overBudget, budgetRecords, budgetBytes }
  const events = createRecordSink({ ...publishing.sinkOptions, ...limits, limits: { paceMs } })
  const rejected = new RejectedSink({ ...publishing.publisherOptions(config.topics.rejected), ...limits })
  await events.start()
  await rejected.start()
  const route = new KafkaRoute({ events, rejected, quarantine, oversize, telemetry })
  supervisor.add('kafka sinks', async (deadlineMs) => {
    const most = spooled ? spooledCloseMs : unspooledCloseMs
    await route.close({ deadlineMs: Math.min(most, deadlineMs) }).catch((error: unknown) => {
      if (!isRelayError(error, 'DEADLINE_EXCEEDED')) throw error
      const { topic, records } = error.facts
      const words = spooled
        ? 'what Kafka did not confirm is left to the spool'
        : 'what Kafka did not confirm was answered with 503: whoever posted it posts it again'
      telemetry.logger.info({ topic, records }, words)
    })
  })
  return {
    route,
    parts: {
      'record sink': () => events.readiness(),
      'rejected sink': () => rejected.readiness(),
      'schema registry': () => publishing.readiness(),
    },
  }
}

/** A gateway with a spool starts without a registry, as it starts without Kafka. */
function schemaIdOptions({ gateway, spool, schemaRegistry }: Config): {
  readonly mode: 'lookup' | 'register'
  readonly subjectStrategy: SubjectStrategy
  readonly revalidateMs: number
  readonly cacheFile?: string
} {
  const { mode, subjectStrategy, revalidateMs } = schemaRegistry
  const beside = gateway.ackMode === 'spool' ? join(spool.folder, 'schema-ids.json') : undefined
  const cacheFile = schemaRegistry.cacheFile ?? beside
  return { mode, subjectStrategy, revalidateMs, ...(cacheFile === undefined ? {} : { cacheFile }) }
}
