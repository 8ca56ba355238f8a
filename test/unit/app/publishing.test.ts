import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { openPublishing, type PublishingOptions } from '../../../src/app/publishing.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'

const { name, text, fingerprint } = registryEventSchema

/** With a Kafka that is never there, which is not connected to before a sink starts. */
async function start(
  t: TestContext,
  subjectStrategy: PublishingOptions['schemaRegistry']['subjectStrategy'],
) {
  const registry = await FakeSchemaRegistry.start(t)
  const publishing = openPublishing({
    kafka: { brokers: ['127.0.0.1:1'] },
    schemaRegistry: { url: registry.url, ...(subjectStrategy === undefined ? {} : { subjectStrategy }) },
    topic: 'events',
  })
  t.after(() => publishing.close())
  const { schemaIds, partsOf } = publishing.sinkOptions
  return { registry, publishing, main: schemaIds, routed: partsOf('pulls').schemaIds }
}

test('topics whose records have one subject share one keeper of ids, which asks the registry once', async (t) => {
  const { registry, publishing, main, routed } = await start(t, 'record-name')
  registry.add(name, text)
  assert.equal(routed, main)
  assert.equal(await routed.idOf(fingerprint), 1)
  assert.equal(main.idOf(fingerprint), 1)
  assert.deepEqual(publishing.readiness(), { ready: true })
  assert.equal(registry.lines.filter((line) => line === `POST /subjects/${name}`).length, 1)
})

test('with a subject for each topic each has ids of its own, and all must be known for it to be ready', async (t) => {
  const { registry, publishing, main, routed } = await start(t, undefined)
  registry.add('events-value', text)
  assert.notEqual(routed, main)
  assert.equal(await main.idOf(fingerprint), 1)
  assert.equal(publishing.readiness().ready, false)
  registry.add('pulls-value', text)
  assert.equal(await routed.idOf(fingerprint), 1)
  assert.deepEqual(publishing.readiness(), { ready: true })
})
