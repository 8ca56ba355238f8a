import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import avsc from 'avsc'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { noTelemetry } from '../../src/telemetry.ts'
import type { FilledTopic } from './filled-topic.ts'

/**
 * Writes a push of `repository:tag` to the topic by another version of the schema, one that has not the last field
 * yet and an id of its own. It is older than all samples.
 */
export async function pushByOtherVersion(topic: FilledTopic, repository: string, tag: string): Promise<void> {
  const current = JSON.parse(readFileSync('schemas/registry-event.v1.avsc', 'utf8')) as { fields: object[] }
  const schema = { ...current, fields: current.fields.slice(0, -1) }
  const answer = await fetch(`${topic.schemaRegistryUrl}/subjects/${topic.name}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify({ schema: JSON.stringify(schema) }),
  })
  assert.equal(answer.status, 200)
  const { id } = (await answer.json()) as { id: number }

  const event = { id: 'by-another-version', occurred_at: 0, action: 'push', target: { repository, tag } }
  const frame = Buffer.alloc(5)
  frame.writeUInt32BE(id, 1)
  const value = Buffer.concat([frame, avsc.Type.forSchema(schema as avsc.Schema).toBuffer(event)])
  const producer = createKafka({ brokers: topic.brokers.split(',') }, noTelemetry).producer({})
  await producer.connect()
  await producer.send({ topic: topic.name, messages: [{ key: repository, value }] })
  await producer.disconnect()
}
