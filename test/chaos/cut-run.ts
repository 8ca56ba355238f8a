import { randomUUID } from 'node:crypto'
import { toError } from '../../src/errors.ts'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { kafkajsProducers } from '../../src/kafka/kafkajs/producer.ts'
import { Publisher } from '../../src/kafka/publisher.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { check } from '../crash/checker.ts'
import { envelopeHash } from '../crash/generated-event.ts'
import { History } from '../crash/history.ts'
import type { TopicRecord } from '../crash/operation.ts'
import { RunFolder } from '../crash/run-folder.ts'
import { readRecords } from '../support/read-records.ts'
import type { Cluster } from './cluster.ts'
import type { ChaosReport } from './report.ts'
import { RunTelemetry } from './run-telemetry.ts'

export interface CutRunOptions {
  readonly cluster: Cluster
  readonly seed: number
  /** From one number of bytes to the next. */
  readonly step: number
  readonly onProgress?: (line: string) => void
}

const mostBytes = 4_096
const keys = ['a', 'b', 'c', 'd']
const writesPerKey = 4
/** Connections to each broker that are cut, so that a publisher gets through in the end. */
const cutConnections = 2

/** K11: one publisher after the other, whose first connections end after so many bytes of one direction. */
export async function cutRun({ cluster, seed, step, onProgress }: CutRunOptions): Promise<ChaosReport> {
  const folder = new RunFolder()
  const telemetry = new RunTelemetry(folder.log, () => problems.push('a producer was replaced'))
  const problems: string[] = []
  const history = new History()
  const topic = `cut-${randomUUID().slice(0, 8)}`
  const admin = new KafkaAdmin(createKafka({ brokers: cluster.direct.brokers }, noTelemetry))
  const replicationFactor = cluster.ids.length
  await admin.ensureTopics([{ topic, partitions: 6, replicationFactor, settings: {} }])
  await admin.close()
  await cluster.inSync(topic)
  const cutBy = { toBroker: 0, toClient: 0 }
  const random = seededRandom(seed)

  for (let bytes = seed % Math.min(step, 7); bytes <= mostBytes && problems.length === 0; bytes += step) {
    if (bytes % (step * 32) < step) onProgress?.(`  after ${bytes} bytes`)
    for (const direction of ['toBroker', 'toClient'] as const) {
      const how = random() < 0.5 ? 'reset' : 'end'
      const before = cluster.proxy.counts.cut
      cluster.proxy.set({ cutAfter: { direction, bytes, how, times: cutConnections } })
      try {
        await publishOnce(cluster, { topic, name: `${direction}-${bytes}`, history, telemetry })
      } catch (error) {
        problems.push(`${direction} after ${bytes} bytes: ${toError(error).message}`)
      }
      cutBy[direction] += cluster.proxy.counts.cut - before
    }
  }
  cluster.proxy.heal()
  const cuts = cutBy.toBroker + cutBy.toClient
  const records = (await readRecords(cluster.direct.brokers, topic)).map(
    ({ partition, offset, key, value }): TopicRecord => ({
      ...{ partition, offset, key, repository: key },
      ...{ id: String(value), hash: envelopeHash(value) },
    }),
  )
  const { operations } = history
  const required = { acked: operations.length, info: false }
  const verdict = check({ operations, records, kills: [], inFlight: keys.length, required })
  const uncut = Object.entries(cutBy).flatMap(([way, count]) =>
    count === 0 ? [`no connection was cut ${way}`] : [],
  )
  const invalid = [...verdict.invalid, ...uncut]
  const passed = verdict.violations.length === 0 && invalid.length === 0 && problems.length === 0
  const report = {
    ...{ scenario: 'K11', mode: 'direct', seed, counts: verdict.counts, faults: cuts, rebuilds: 0 },
    ...{ retries: telemetry.sum('produce_retries_total'), remarks: [], violations: verdict.violations },
    ...{ problems, invalid, passed },
  }
  telemetry.close()
  if (passed) {
    folder.remove()
    return report
  }
  folder.keep({ operations, records, report })
  return { ...report, evidence: folder.path }
}

interface Once {
  readonly topic: string
  readonly name: string
  readonly history: History
  readonly telemetry: RunTelemetry
}

async function publishOnce(cluster: Cluster, { topic, name, history, telemetry }: Once): Promise<void> {
  const kafka = createKafka({ brokers: cluster.proxied.brokers, requestTimeoutMs: 2_000 }, telemetry)
  const publisher = new Publisher({ topic, producer: kafkajsProducers(kafka, { topic }), telemetry })
  await publisher.start()
  const write = async (key: string): Promise<void> => {
    for (let number = 0; number < writesPerKey; number += 1) {
      const repository = `${name}/${key}`
      const id = `${repository}/${number}`
      const value = Buffer.from(id)
      const ended = history.invoke({ id, sender: name, repository, hash: envelopeHash(value) })
      await publisher.write(
        [{ key: Buffer.from(repository), value, valueBytes: value.length, timestamp: Date.now() }],
        { signal: AbortSignal.timeout(30_000) },
      )
      ended({ type: 'ok', status: 200 })
    }
  }
  try {
    await Promise.all(keys.map(write))
  } finally {
    await publisher.close({ deadlineMs: 2_000 })
  }
}
