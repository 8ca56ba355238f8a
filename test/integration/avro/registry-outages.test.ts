import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { encodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { SchemaIdFile } from '../../../src/avro/schema-id-file.ts'
import { RegisteredSchemaIds } from '../../../src/avro/schema-ids.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import { isRelayError } from '../../../src/errors.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import { RecordSink } from '../../../src/kafka/record-sink.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../../unit/kafka/counted-telemetry.ts'
import { KafkaBed } from '../kafka/kafka-bed.ts'
import { dataFolder, registryChoices, wipeRegistry } from './registries.ts'

const { text, fingerprint } = registryEventSchema
/** Long enough that nothing here happens because it is over. */
const hourMs = 3_600_000

const record = (id: string): EventRecord => ({
  key: Buffer.from('team/app'),
  datum: encodeStoredEvent({ event: { id, action: 'push' } }),
  fingerprint,
  receivedAt: Date.now(),
})

/** A way into a topic, as the gateway has one, with a client and a cache of its own. */
async function openWay(t: TestContext, bed: KafkaBed, topic: string, cacheFile?: string) {
  const telemetry = new CountedTelemetry()
  const client = new SchemaRegistryClient({ url: bed.stack.schemaRegistryUrl, timeoutMs: 2_000 })
  const ids = new RegisteredSchemaIds({
    registry: client,
    subject: `${topic}-value`,
    mode: 'lookup',
    revalidateMs: hourMs,
    telemetry,
    ...(cacheFile === undefined ? {} : { cache: new SchemaIdFile(cacheFile) }),
  })
  const producer = kafkajsProducers(bed.client({}, telemetry), { topic })
  const sink = new RecordSink({ topic, producer, schemaIds: ids, telemetry })
  await sink.start()
  const close = async (): Promise<void> => {
    await sink.close({ deadlineMs: 2_000 }).catch(() => {})
    ids.close()
    client.close()
  }
  t.after(close)
  return { client, ids, sink, telemetry, close }
}

/** What is in a topic: the id each record has in its frame, and the event as a consumer of ours reads it. */
async function readAll(bed: KafkaBed, topic: string, client: SchemaRegistryClient) {
  const decoder = new EventDecoder({ registry: client, pauseMs: 1 })
  const records = await bed.read(topic)
  return Promise.all(
    records.map(async ({ value, headers }) => {
      const { event } = await decoder.decode(value, headers['x-schema-fingerprint'])
      return { schemaId: unframe(value).schemaId, id: event.id }
    }),
  )
}

/** An address that takes connections and says nothing, and how many it took. */
async function hangingServer(t: TestContext): Promise<{ readonly url: string; connections(): number }> {
  let connections = 0
  const server = createServer((socket) => {
    connections += 1
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert.ok(typeof address === 'object' && address !== null)
  return { url: `http://127.0.0.1:${address.port}`, connections: () => connections }
}

const { choices, ran } = await registryChoices()

for (const { name, options } of choices) {
  test(`through outages of ${name}`, async (t) => {
    const dataDir = await dataFolder(t)
    const bed = await KafkaBed.start({ ...options, dataDir })
    t.after(() => bed.stop())
    t.diagnostic(ran)
    const registry = bed.stack.schemaRegistry

    await t.test(
      'S1: down at the start, with an id from the last run: records go out at once',
      async (inner) => {
        const topic = await bed.topic()
        const cacheFile = join(dataDir, `${topic}.json`)
        const first = await openWay(inner, bed, topic, cacheFile)
        const id = await first.client.register(`${topic}-value`, text)
        await first.sink.write([record('before')])
        const place = placeOf(first.client, topic)
        await until(() => new SchemaIdFile(cacheFile).load(place).get(fingerprint)?.id === id)
        await first.close()

        await registry.stop()
        const second = await openWay(inner, bed, topic, cacheFile)
        await second.sink.write([record('without registry')])
        assert.equal(second.ids.readiness().ready, true)
        await until(() => second.ids.readiness().reason?.startsWith('ids of the last run') === true)
        await registry.start()
        // As soon as it answers the id is held against it.
        const same = 'registry_relay_schema_id_checks_total'
        await until(() => second.telemetry.values.get(`${same} ${topic}-value same`) === 1)
        assert.deepEqual(second.ids.readiness(), { ready: true })
        assert.deepEqual(await readAll(bed, topic, second.client), [
          { schemaId: id, id: 'before' },
          { schemaId: id, id: 'without registry' },
        ])
      },
    )

    await t.test(
      'S1: and without one they wait, readiness says why, and they go on when it is back',
      async (inner) => {
        const topic = await bed.topic()
        const way = await openWay(inner, bed, topic)
        await way.client.register(`${topic}-value`, text)
        await way.close()
        await registry.stop()
        const { sink, ids, client } = await openWay(inner, bed, topic)
        const written = sink.write([record('waits')])
        await until(() => ids.readiness().reason?.includes('ECONNREFUSED') === true)
        assert.equal((await bed.read(topic)).length, 0)
        await registry.start()
        const [ack] = await written
        assert.deepEqual(await readAll(bed, topic, client), [{ schemaId: ack?.schemaId, id: 'waits' }])
      },
    )

    await t.test('S2, S3: one that hangs holds up what is new and nothing else', async (inner) => {
      const topic = await bed.topic()
      const { sink, client } = await openWay(inner, bed, topic)
      const id = await client.register(`${topic}-value`, text)
      await sink.write([record('first')])
      const decoder = new EventDecoder({ registry: client })
      const [first] = await bed.read(topic)
      assert.ok(first)
      await decoder.decode(first.value)
      const impatient = new SchemaRegistryClient({ url: client.url, timeoutMs: 200, attempts: 2 })
      inner.after(() => impatient.close())
      registry.pause()
      try {
        const calls = [
          impatient.lookup('other', text),
          impatient.register('other', text),
          impatient.schemaById(id),
        ]
        for (const { status, reason } of (await Promise.allSettled(calls)) as PromiseRejectedResult[]) {
          assert.equal(status, 'rejected')
          assert.ok(isRelayError(reason, 'SCHEMA_REGISTRY_UNAVAILABLE'), String(reason))
        }
        await sink.write([record('while it hangs')])
        assert.equal((await decoder.decode(first.value)).event.id, 'first')
      } finally {
        registry.resume()
      }
      assert.equal(await client.lookup(`${topic}-value`, text), id)
      assert.deepEqual(await readAll(bed, topic, client), [
        { schemaId: id, id: 'first' },
        { schemaId: id, id: 'while it hangs' },
      ])
    })

    await t.test('S3: a first server that hangs costs one time-out', async (inner) => {
      const subject = `test-${randomUUID()}-value`
      const hanging = await hangingServer(inner)
      const url = [hanging.url, bed.stack.schemaRegistryUrl]
      const client = new SchemaRegistryClient({ url, timeoutMs: 500, attempts: 1 })
      inner.after(() => client.close())
      const id = await client.register(subject, text)
      for (let call = 0; call < 5; call += 1) assert.equal(await client.lookup(subject, text), id)
      // Every request that met it would have made a connection, as it never answers on one.
      assert.equal(hanging.connections(), 1)
    })

    // The last, as it takes away what the registry knew.
    await t.test('S4: after a loss of its storage no record goes out with an id of before', async (inner) => {
      const topic = await bed.topic()
      const cacheFile = join(dataDir, `${topic}.json`)
      const { sink, ids, client, telemetry } = await openWay(inner, bed, topic, cacheFile)
      const before = await client.register(`${topic}-value`, text)
      await sink.write([record('before')])

      await registry.stop()
      await wipeRegistry(dataDir)
      await registry.start()
      for (let id = 0; id < before; )
        id = await client.register('other', recordNamed(`Other${randomUUID().slice(0, 8)}`))
      const changes = `registry_relay_schema_id_changes_total ${topic}-value`
      await until(() => telemetry.values.get(changes) === 1)
      // Nobody has registered the schema again.
      const written = sink.write([record('after')])
      await until(() => ids.readiness().reason?.includes('has no schema') === true)
      assert.equal((await bed.read(topic)).length, 1)
      assert.equal(new SchemaIdFile(cacheFile).load(placeOf(client, topic)).get(fingerprint)?.id, undefined)

      const after = await client.register(`${topic}-value`, text)
      assert.notEqual(after, before)
      await written
      assert.deepEqual(await readAll(bed, topic, client), [
        // S5: the old id is another schema's now. Our reader does not go by it, as the record names the schema it was written with.
        { schemaId: before, id: 'before' },
        { schemaId: after, id: 'after' },
      ])
      // And where the name is gone, what the registry says is no event: nothing is made up.
      const [old] = await bed.read(topic)
      assert.ok(old)
      const decoder = new EventDecoder({ registry: client })
      await assert.rejects(
        async () => decoder.decode(old.value),
        (error) => isRelayError(error, 'RECORD_UNDECODABLE'),
      )
      await until(
        () => new SchemaIdFile(cacheFile).load(placeOf(client, topic)).get(fingerprint)?.id === after,
      )
    })
  })
}

function recordNamed(name: string): string {
  return JSON.stringify({ type: 'record', name, fields: [] })
}

function placeOf(client: SchemaRegistryClient, topic: string) {
  return { registry: client.url, subject: `${topic}-value` }
}
