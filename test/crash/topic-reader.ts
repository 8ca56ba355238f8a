import { EventDecoder } from '../../src/avro/event-decoder.ts'
import { SchemaRegistryClient } from '../../src/avro/schema-registry.ts'
import { toError } from '../../src/errors.ts'
import { readRecords } from '../support/read-records.ts'
import { envelopeHash } from './generated-event.ts'
import type { TopicRecord } from './operation.ts'

export interface Servers {
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
}

/** A long run leaves far more behind than a test. */
const patienceMs = 300_000

/** All that is in a topic now, decoded, by partition and offset. */
export async function readTopic(servers: Servers, topic: string): Promise<readonly TopicRecord[]> {
  const registry = new SchemaRegistryClient({ url: servers.schemaRegistryUrl })
  const decoder = new EventDecoder({ registry })
  try {
    const records: TopicRecord[] = []
    for (const { partition, offset, key, value } of await readRecords(servers.brokers, topic, patienceMs)) {
      records.push({ partition, offset, key, ...(await contentOf(value, decoder)) })
    }
    return records
  } finally {
    registry.close()
  }
}

/** By the fingerprint that the record names, if one is given; else by what the registry has under its id. */
export async function contentOf(
  value: Buffer,
  decoder: EventDecoder,
  fingerprint?: string,
): Promise<Pick<TopicRecord, 'id' | 'repository' | 'hash' | 'problem'>> {
  try {
    const { event, body } = await decoder.decode(value, fingerprint)
    const repository = event.target?.repository
    return {
      hash: envelopeHash(body),
      ...(event.id === undefined ? {} : { id: event.id }),
      ...(repository === undefined ? {} : { repository }),
    }
  } catch (error) {
    return { problem: toError(error).message }
  }
}
