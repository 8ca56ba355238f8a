import { join } from 'node:path'
import type { EventRecord } from '../avro/record.ts'
import type { Config, SubjectStrategy } from '../config/config.ts'
import type { RelayError } from '../errors.ts'
import type { QuarantineRecord } from '../gateway/gateway-item.ts'
import { createRecordSink } from '../kafka/routed-sink.ts'
import type { Sink } from '../sink/sink.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Connections } from './connections.ts'
import type { Parts } from './parts.ts'
import { openPublishing } from './publishing.ts'
import { RejectedSink } from './rejected-sink.ts'
import type { Supervisor } from './supervisor.ts'
import { rolesOf } from './topic-roles.ts'
import { watchTopics } from './watch-topics.ts'

export interface KafkaSinksTerms {
  readonly connections: Connections
  /** The schema registry will not register the schema, see `RegisteredSchemaIdsOptions`. */
  readonly onSchemaRefused: (error: RelayError) => void
  /** Of the whole gateway: it stops the watch over the topics, which has nothing to say any more while the rest is stopped. */
  readonly watches: Supervisor
}

/** Where a gateway writes to. Closed by the route before them. */
export interface KafkaSinks {
  readonly events: Sink<EventRecord>
  readonly rejected: Sink<QuarantineRecord>
  /** Those that `sinkParts` names. */
  readonly parts: Parts
}

/** Events come one by one from many senders, through a spool too; registries wait a second for their answer. */
const paceMs = 5

/**
 * What may wait for each topic, unless one Envelope has more: two seconds' worth, and 100 MB of memory for each. With a spool
 * the pump's limits come first: 28 MB for each topic.
 */
const waitingRecords = 10_000
const waitingBytes = 64 * 1024 * 1024

/**
 * The topics of events and of what was rejected as sinks, and the watch over these topics. Connects in the background.
 *
 * Whoever imports this loads the Kafka client.
 */
export async function openKafkaSinks(
  config: Config,
  { connections, onSchemaRefused, watches }: KafkaSinksTerms,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Promise<KafkaSinks> {
  // A pump can wait; a sender who cannot is told so, before what waits grows with every post.
  const overBudget: 'wait' | 'reject' = config.gateway.ackMode === 'spool' ? 'wait' : 'reject'
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
  const { kafka } = connections
  const topics = watchTopics(config, { kafka, roles: rolesOf({ gateway: true }) }, telemetry, watches)
  return {
    events,
    rejected,
    parts: {
      'record sink': () => events.readiness(),
      'rejected sink': () => rejected.readiness(),
      'schema registry': () => publishing.readiness(),
      ...topics,
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
