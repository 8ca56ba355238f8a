import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { applyTopics } from '../../../src/app/compose.ts'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { createKafka, type KafkaClient } from '../../../src/kafka/kafkajs/client.ts'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { lossOf } from '../conservation.ts'
import { GatewayChild } from '../gateway-child.ts'
import { hostileBodies } from '../hostile-bodies.ts'
import { byRequest, type Kept, keptEvent, keptRejected, numbered } from '../kept.ts'
import { honestBody, inParallel, send } from '../post.ts'

const maxBodyBytes = 8 * 1024 * 1024
/** What stays well below the largest record that the topics take, the text kept beside the fields included. */
const smallBytes = 300_000

test('malformed bodies arrive in Kafka: as events or as rejected, every byte of them, and the too large as files', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const run = randomUUID().slice(0, 8)
  const config = {
    kafka: { brokers: stack.brokers },
    schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register' },
    topics: {
      events: `hostile-events-${run}`,
      deadLetters: `hostile-dlq-${run}`,
      rejected: `hostile-rejected-${run}`,
      partitions: 3,
      replicationFactor: 1,
    },
    logging: { level: 'warn', format: 'json' },
  } as const
  const { topics } = config
  await applyTopics(configSchema.parse(config), noTelemetry)
  const gateway = await GatewayChild.start(t, {
    gateway: { maxBodyBytes, ackBudgetMs: 30_000, duplicates: { maxEvents: 0 } },
    config,
  })
  const source = hostileBodies(31)
  const hostile = Array.from({ length: 400 }, () => source.next().value)
  const bodies = hostile.filter(({ body }) => body.length <= smallBytes)
  assert.ok(bodies.length > 300)
  await inParallel(bodies, 8, async ({ body, contentType, made }, number) => {
    const { status } = await send(gateway.url, {
      body,
      headers: { 'Content-Type': numbered(contentType, number) },
    })
    assert.equal(status, 200, made)
  })
  const large = [Buffer.from(honestBody('l'.repeat(3_000_000))), Buffer.alloc(5_000_000, 'no JSON ')]
  for (const [index, body] of large.entries()) {
    const headers = { 'Content-Type': numbered('application/json', bodies.length + index) }
    const { status } = await send(gateway.url, { body, headers })
    assert.equal(status, 200)
  }
  await until(async () => /registry_relay_spool_unacked_records 0\b/.test(await metricsOf(gateway)), {
    ms: 60_000,
    what: () => gateway.output.slice(-2_000),
  })
  const files = join(gateway.spoolFolder, 'rejected')

  const kafka = createKafka({ brokers: stack.brokers }, noTelemetry)
  const registry = new SchemaRegistryClient({ url: stack.schemaRegistryUrl })
  t.after(() => registry.close())
  const decoder = new EventDecoder({ registry })
  const events = await readAll(kafka, topics.events, async ({ value }) => {
    const { event, body, ingest } = await decoder.decode(value)
    return keptEvent(event.id, body, ingest)
  })
  const named: string[] = []
  const rejected = await readAll(kafka, topics.rejected, async ({ value, headers }) => {
    const file = headers['x-rejected-file']
    if (file === undefined) return keptRejected(value, headers)
    named.push(file)
    const whole = readFileSync(join(files, file))
    assert.ok(whole.subarray(0, value.length).equals(value) && value.length > 0)
    return keptRejected(whole, headers)
  })
  t.diagnostic(`${bodies.length} bodies: ${events.length} events, ${rejected.length} rejected`)
  assert.ok(events.length > 50 && rejected.length > 50)

  const requests = byRequest([...events, ...rejected])
  const losses = bodies.flatMap(({ body, made }, number) => {
    const problem = lossOf(body, requests.get(number) ?? [], maxBodyBytes)
    return problem === undefined ? [] : [`${made}: ${problem}`]
  })
  assert.deepEqual(losses, [])
  for (const [index, body] of large.entries()) {
    const [kept, ...more] = requests.get(bodies.length + index) ?? []
    assert.ok(kept?.kind === 'rejected' && more.length === 0)
    assert.equal(kept.content, 'file')
    assert.ok(kept.value.equals(body))
  }
  assert.equal(named.length, large.length)
  const numbers = new Set([...requests.keys()].map((number) => number ?? -1))
  assert.ok([...numbers].every((number) => number >= 0 && number < bodies.length + large.length))
  await gateway.stop()
})

async function metricsOf(gateway: GatewayChild): Promise<string> {
  return (await send(`${gateway.management}/metrics`, { method: 'GET' })).body.toString()
}

interface KafkaRecord {
  readonly value: Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** All that is in the topic now. */
async function readAll<T extends Kept>(
  kafka: KafkaClient,
  topic: string,
  read: (record: KafkaRecord) => Promise<T>,
): Promise<T[]> {
  const admin = new KafkaAdmin(kafka)
  const ends = await admin.latestOffsets(topic)
  await admin.close()
  const consumer = kafka.consumer({ groupId: `hostile-${randomUUID()}`, maxWaitTimeInMs: 100 })
  const found: T[] = []
  const next = new Map<number, bigint>()
  await consumer.connect()
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true })
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const headers = Object.fromEntries(
          Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
        )
        found.push(await read({ value: message.value ?? Buffer.alloc(0), headers }))
        next.set(partition, BigInt(message.offset) + 1n)
      },
    })
    await until(() => [...ends].every(([partition, end]) => (next.get(partition) ?? 0n) >= end), {
      ms: 60_000,
      what: () => `read ${found.length} records of ${topic}`,
    })
  } finally {
    await consumer.disconnect()
  }
  return found
}
