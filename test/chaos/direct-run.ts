import { randomUUID } from 'node:crypto'
import { openPublishing } from '../../src/app/publishing.ts'
import type { Random } from '../../src/clock.ts'
import { toError } from '../../src/errors.ts'
import { KafkaSink } from '../../src/kafka/kafka-sink.ts'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka, type KafkaClient } from '../../src/kafka/kafkajs/client.ts'
import type { ProducerFactory } from '../../src/kafka/producer-port.ts'
import { relayTopics } from '../../src/kafka/topics.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { check } from '../crash/checker.ts'
import type { History } from '../crash/history.ts'
import type { Rebuild } from '../crash/operation.ts'
import { RunFolder } from '../crash/run-folder.ts'
import type { Cluster } from './cluster.ts'
import { DirectLoad, directProfile } from './direct-load.ts'
import type { ChaosReport } from './report.ts'
import { RunTelemetry } from './run-telemetry.ts'

export interface DirectStage {
  readonly cluster: Cluster
  readonly topic: string
  readonly random: Random
  readonly history: History
  fault(what: string): void
}

export interface DirectRunOptions {
  readonly cluster: Cluster
  readonly scenario: string
  readonly seed: number
  /** At least; the load goes on while there are faults. */
  readonly events: number
  /** Default 500. */
  readonly writers?: number
  /** Default: that of the product. Milliseconds. */
  readonly requestTimeoutMs?: number
  /** In place of the producers of the product, to see that the checker finds out. */
  readonly producers?: (kafka: KafkaClient, topic: string) => ProducerFactory
  readonly faults: (stage: DirectStage) => Promise<void>
  readonly onProgress?: (line: string) => void
}

/** The longest that the last event may take, from the last fault on. */
const patienceMs = 120_000

/** Writes events to a {@link KafkaSink} without a gateway while the cluster is hurt, and compares as the other runs do. */
export async function directRun(options: DirectRunOptions): Promise<ChaosReport> {
  const { cluster, scenario, seed, events, writers = 500, onProgress } = options
  const run = randomUUID().slice(0, 8)
  const topic = `direct-${run}`
  const folder = new RunFolder()
  const problems: string[] = []
  const rebuilds: Rebuild[] = []
  let faults = 0
  const telemetry = new RunTelemetry(folder.log, () => rebuilds.push({ ids: new Set(load.underWay) }))
  await createTopic(cluster, topic)

  const { requestTimeoutMs } = options
  const kafka = {
    brokers: cluster.proxied.brokers,
    ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
  }
  const publishing = openPublishing({
    ...{ kafka, topic, telemetry },
    schemaRegistry: { url: cluster.direct.schemaRegistryUrl, mode: 'register' },
  })
  const producer = options.producers?.(createKafka(kafka, telemetry), topic)
  const sink = new KafkaSink({
    ...publishing.sinkOptions,
    ...(producer === undefined ? {} : { producer }),
    profile: directProfile,
  })
  const began = performance.now()
  const load = new DirectLoad({ sink, run, seed, writers, events })
  const { history } = load
  await sink.start()
  try {
    await options.faults({
      ...{ cluster, topic, history, random: seededRandom(seed) },
      fault(what) {
        faults += 1
        onProgress?.(`  ${what}`)
      },
    })
    cluster.proxy.heal()
    load.finish()
    await within(load.done, patienceMs)
  } catch (error) {
    problems.push(toError(error).message)
    load.stop()
  }
  const rate = Math.round((history.acked / (performance.now() - began)) * 1_000)
  await cluster.heal([topic])
  await sink.close({ deadlineMs: 30_000 }).catch((error: unknown) => problems.push(toError(error).message))
  await publishing.close()

  const records = await cluster.read(topic)
  const { operations } = history
  const required = { acked: events, info: false }
  const verdict = check({ operations, records, kills: [], rebuilds, inFlight: writers, required })
  const retries = telemetry.sum('produce_retries_total')
  const invalid = [...verdict.invalid, ...(retries === 0 ? ['no retry: the faults met nobody'] : [])]
  const passed = verdict.violations.length === 0 && problems.length === 0 && invalid.length === 0
  const report = {
    ...{ scenario, mode: 'direct', seed, counts: verdict.counts, faults, retries, rebuilds: rebuilds.length },
    ...{ remarks: [`${rate} events/s`], violations: verdict.violations, problems, invalid, passed },
  }
  telemetry.close()
  if (passed) {
    folder.remove()
    return report
  }
  folder.keep({ operations, records, report })
  return { ...report, evidence: folder.path }
}

async function createTopic(cluster: Cluster, topic: string): Promise<void> {
  const admin = new KafkaAdmin(createKafka({ brokers: cluster.direct.brokers }, noTelemetry))
  try {
    const [spec] = relayTopics({ events: topic, replicationFactor: cluster.ids.length })
    if (spec !== undefined) await admin.ensureTopics([spec])
  } finally {
    await admin.close()
  }
  await cluster.inSync(topic)
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(
      () => reject(new Error(`not all events are written ${ms} ms after the last fault`)),
      ms,
    )
  })
  try {
    await Promise.race([work, overdue])
  } finally {
    clearTimeout(timer)
  }
}
