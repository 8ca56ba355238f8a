import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { postNotification } from '../../src/app/poster.ts'
import { loadSamples } from '../../src/app/samples.ts'
import { readEnvelope } from '../../src/event/envelope.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { pythonWithPackages } from '../support/python.ts'
import { startRelay } from '../support/relay.ts'

interface ForeignRecord {
  readonly key: string
  readonly value: {
    readonly id: string
    readonly action: string
    readonly occurred_at_text: string
    readonly target: {
      readonly repository: string | null
      readonly digest: string | null
      readonly size: number | null
    }
    readonly ingest: { readonly publisher_id: string; readonly received_at: string }
  }
}

test('a consumer that is not ours reads the topic through the schema registry and sees the fields', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)
  const samples = loadSamples()
  for (const sample of samples) assert.equal(await postNotification(relay.url, sample, 5_000), 200)

  const script = fileURLToPath(new URL('../support/foreign-consumer.py', import.meta.url))
  const { stdout } = await promisify(execFile)(pythonWithPackages(), [
    script,
    stack.brokers.join(','),
    stack.schemaRegistryUrl,
    relay.config.topics.events,
    String(samples.length),
  ])
  const records = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ForeignRecord)
  const byId = new Map(records.map((record) => [record.value.id, record]))
  assert.equal(byId.size, samples.length)
  for (const { body } of samples) {
    const event = readEnvelope(Buffer.from(body)).events[0]?.event
    const record = byId.get(event?.id ?? '')
    assert.ok(record, `event ${event?.id} is in the topic`)
    assert.equal(record.key, event?.target?.repository)
    assert.equal(record.value.action, event?.action)
    assert.equal(record.value.occurred_at_text, event?.timestamp)
    assert.equal(record.value.target.repository, event?.target?.repository)
    assert.equal(record.value.target.digest, event?.target?.digest ?? null)
    assert.equal(record.value.target.size, event?.target?.size ?? null)
    assert.ok(record.value.ingest.received_at.startsWith('20'), record.value.ingest.received_at)
  }
})
