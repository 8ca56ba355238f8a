import type { Config } from '../config/config.ts'
import { toError } from '../errors.ts'
import { KafkaRoute } from '../gateway/kafka-route.ts'
import type { Oversize } from '../gateway/oversize.ts'
import type { Quarantine } from '../gateway/quarantine.ts'
import { RecordSink } from '../kafka/record-sink.ts'
import type { Telemetry } from '../telemetry.ts'
import type { Parts } from './parts.ts'
import { openPublishing } from './publishing.ts'
import { RejectedSink } from './rejected-sink.ts'
import { kafkaOptions, schemaRegistryOptions } from './settings.ts'
import type { Supervisor } from './supervisor.ts'

export interface KafkaRouteTerms {
  readonly quarantine: Quarantine
  readonly oversize: Oversize
}

/** Events come one by one from many senders, through a spool too; registries wait a second for their answer. */
const paceMs = 5

/** What may wait for Kafka, unless one Envelope has more: two seconds' worth, and 100 MB of memory. */
const waitingRecords = 10_000
const waitingBytes = 64 * 1024 * 1024

/** With a spool: the pump has waited for Kafka already, and what is not confirmed is still there. */
const spooledCloseMs = 500

/** The way to Kafka: events and what was rejected, each to its topic. Connects in the background. */
export async function openKafkaRoute(
  config: Config,
  terms: KafkaRouteTerms,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Promise<{ readonly route: KafkaRoute; readonly parts: Parts }> {
  const { quarantine, oversize } = terms
  const spooled = config.gateway.ackMode === 'spool'
  // A pump can wait; a sender who cannot is told so, before what waits grows with every post.
  const overBudget: 'wait' | 'reject' = spooled ? 'wait' : 'reject'
  const budgetRecords = Math.max(waitingRecords, config.gateway.limits.maxEvents)
  const publishing = openPublishing({
    kafka: kafkaOptions(config.kafka),
    schemaRegistry: { ...schemaRegistryOptions(config.schemaRegistry), mode: config.schemaRegistry.mode },
    topic: config.topics.events,
    telemetry,
  })
  supervisor.add('clients of the sinks', () => publishing.close())
  // Of the largest body the fields and the text may be stored both.
  const budgetBytes = Math.max(waitingBytes, 3 * config.gateway.maxBodyBytes)
  const limits = { overBudget, budgetRecords, budgetBytes }
  const events = new RecordSink({ ...publishing.sinkOptions, ...limits, limits: { paceMs } })
  const rejected = new RejectedSink({ ...publishing.publisherOptions(config.topics.rejected), ...limits })
  await events.start()
  await rejected.start()
  const route = new KafkaRoute({ events, rejected, quarantine, oversize })
  supervisor.add('kafka sinks', async (deadlineMs) => {
    if (!spooled) return route.close({ deadlineMs })
    await route.close({ deadlineMs: spooledCloseMs }).catch((error: unknown) => {
      telemetry.logger.info({ err: toError(error) }, 'left to the spool')
    })
  })
  return {
    route,
    parts: {
      'record sink': () => events.readiness(),
      'rejected sink': () => rejected.readiness(),
      'schema registry': () => publishing.schemaIds.readiness(),
    },
  }
}
