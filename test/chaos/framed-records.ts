import { EventDecoder } from '../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../src/avro/schema-registry.ts'
import { unframe } from '../../src/avro/wire-format.ts'
import type { TopicRecord } from '../crash/operation.ts'
import { contentOf, type Servers } from '../crash/topic-reader.ts'
import { readRecords } from '../support/read-records.ts'

/** With the id that stands in front of it. */
export interface FramedRecord extends TopicRecord {
  readonly schemaId: number
}

/** All that is in a topic, each record by the schema that its header names: ids may have moved since. */
export async function framedRecords(servers: Servers, topic: string): Promise<readonly FramedRecord[]> {
  const registry = new SchemaRegistryClient({ url: servers.schemaRegistryUrl })
  const decoder = new EventDecoder({ registry })
  try {
    const records: FramedRecord[] = []
    for (const { partition, offset, key, value, headers } of await readRecords(servers.brokers, topic)) {
      const content = await contentOf(value, decoder, headers['x-schema-fingerprint'])
      records.push({ partition, offset, key, schemaId: unframe(value).schemaId, ...content })
    }
    return records
  } finally {
    registry.close()
  }
}
