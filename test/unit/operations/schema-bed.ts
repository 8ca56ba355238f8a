import type { TestContext } from 'node:test'
import { eventSchemaOf } from '../../../src/avro/event-schema.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'

/** A registry in memory and a client of it, both gone with the test. */
export async function schemaBed(t: TestContext): Promise<{
  readonly registry: FakeSchemaRegistry
  readonly client: SchemaRegistryClient
}> {
  const registry = await FakeSchemaRegistry.start(t)
  const client = new SchemaRegistryClient({ url: registry.url, attempts: 1 })
  t.after(() => client.close())
  return { registry, client }
}

/** A record with these fields; every one of them as the house wants it. */
export function schemaOf(...names: readonly string[]) {
  const fields = names.map((name) => ({ name, type: ['null', 'string'], default: null, doc: `The ${name}.` }))
  return eventSchemaOf(JSON.stringify({ type: 'record', name: 'Thing', doc: 'A thing.', fields }))
}

/** What the fake registry never takes: see there. */
export const refusedSchema = schemaOf('incompatible')

export const use = { subject: 'events-value', topics: ['events'] }
