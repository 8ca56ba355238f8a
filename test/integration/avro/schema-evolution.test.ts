import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import type { EventSchema } from '../../../src/avro/event-schema.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { RegisteredSchemaIds } from '../../../src/avro/schema-ids.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import { RecordSink } from '../../../src/kafka/record-sink.ts'
import { pythonWithPackages } from '../../support/python.ts'
import { before, encodeBy, next, present } from '../../unit/avro/evolved-schemas.ts'
import { changed } from '../../unit/avro/schema-changes.ts'
import { KafkaBed } from '../kafka/kafka-bed.ts'

interface ForeignValue {
  readonly id: string
  readonly action: string | null
  readonly target: { readonly repository: string; readonly size: number | null }
  readonly seen_by?: string | null
}

const script = fileURLToPath(new URL('foreign-evolution.py', import.meta.url))

/** What somebody else made of our schema: without documentation and attributes, with a field of their own. */
const theirs = JSON.stringify(
  JSON.parse(
    changed(({ fields }) => fields.push({ name: 'seen_by', type: ['null', 'string'], default: null })),
    (key, value) => (key === 'doc' || key === 'json' || key === 'confluent:tags' ? undefined : value),
  ),
)

const recordOf = (schema: EventSchema, id: string): EventRecord => ({
  key: Buffer.from('team/app'),
  datum: encodeBy(schema, {
    event: { id, action: 'push', target: { repository: 'team/app', size: 2 ** 40 } },
    ingest: { receivedAt: 1_790_000_000_123 },
  }),
  fingerprint: schema.fingerprint,
  receivedAt: Date.now(),
})

test('S8: a topic of four versions, one of them from outside, is read by all sides', async (t) => {
  const bed = await KafkaBed.start()
  t.after(() => bed.stop())
  const topic = await bed.topic({ partitions: 1 })
  const subject = `${topic}-value`
  const client = new SchemaRegistryClient({ url: bed.stack.schemaRegistryUrl })
  t.after(() => client.close())

  const foreign = async (mode: 'write' | 'read', lines: readonly string[]): Promise<string[]> => {
    const run = promisify(execFile)(pythonWithPackages(), [
      ...[script, mode, bed.stack.brokers.join(','), bed.stack.schemaRegistryUrl, topic],
    ])
    run.child.stdin?.end(lines.map((line) => `${line}\n`).join(''))
    return (await run).stdout.trim().split('\n')
  }

  const registered = new Map<string, number>()
  for (const { text, fingerprint } of [before, present, next]) {
    registered.set(fingerprint, await client.register(subject, text))
    await client.setCompatibilityLevel(subject, 'FULL_TRANSITIVE')
  }
  assert.equal(new Set(registered.values()).size, 3)

  // The relay writes its present version, and what a spool kept from before an upgrade and from after a step back.
  const schemas = [present, before, next] as const
  const ids = new RegisteredSchemaIds({ registry: client, subject, mode: 'lookup', schemas })
  t.after(() => ids.close())
  const producer = kafkajsProducers(bed.kafka, { topic })
  const sink = new RecordSink({ topic, producer, schemaIds: ids })
  await sink.start()
  const ours = Array.from({ length: 12 }, (_, index) => ({
    schema: schemas[index % 3] ?? present,
    id: `ours ${index}`,
  }))
  const write = async (some: typeof ours): Promise<void> => {
    for (const { schema, id } of some) {
      const [ack] = await sink.write([recordOf(schema, id)])
      assert.equal(ack?.schemaId, registered.get(schema.fingerprint))
    }
  }
  await write(ours.slice(0, 6))
  const values = ['theirs 0', 'theirs 1'].map((id) => ({
    id,
    action: 'pull',
    target: { repository: 'team/app' },
    seen_by: 'a scanner',
  }))
  const [printed] = await foreign('write', [theirs, ...values.map((value) => JSON.stringify(value))])
  const theirId = Number(printed)
  assert.equal((await client.latest(subject))?.id, theirId)
  // Their version is the latest now; ours are looked up by what they say, and stay what they were.
  await write(ours.slice(6))
  await sink.close()
  const expected = [...ours.slice(0, 6), ...values, ...ours.slice(6)].map(({ id }) => id)

  const decoder = new EventDecoder({ registry: client })
  const decoded = await Promise.all(
    (await bed.read(topic)).map(({ value, headers }) =>
      decoder.decode(value, headers['x-schema-fingerprint']),
    ),
  )
  assert.deepEqual(
    decoded.map(({ event }) => event.id),
    expected,
  )
  for (const { event, ingest, schemaId } of decoded) {
    assert.equal(event.target?.repository, 'team/app')
    if (schemaId === theirId) assert.deepEqual([event.action, event.target?.size], ['pull', undefined])
    else assert.deepEqual([event.action, event.target?.size], ['push', 2 ** 40])
    const has = schemaId !== theirId && schemaId !== registered.get(before.fingerprint)
    assert.equal(ingest?.receivedAt, has ? 1_790_000_000_123 : undefined)
  }

  for (const reader of [before.text, present.text, theirs]) {
    const read = (await foreign('read', [reader, String(expected.length)])).map(
      (line) => JSON.parse(line) as ForeignValue,
    )
    assert.deepEqual(
      read.map(({ id }) => id),
      expected,
    )
    for (const { id, target, seen_by } of read) {
      const own = id.startsWith('ours')
      assert.equal(target.size, own ? 2 ** 40 : null)
      assert.equal(seen_by, reader !== theirs ? undefined : own ? null : 'a scanner')
    }
  }
})
