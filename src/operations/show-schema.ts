import { registryEventSchema, schemaFingerprint } from '../avro/event-schema.ts'
import { saysTheSame } from '../avro/schema-form.ts'
import type { SchemaRegistryClient } from '../avro/schema-registry.ts'

/** A schema as the registry has it. */
export interface ShownSchema {
  readonly id: number
  readonly text: string
  /** Hex SHA-256, as in the header `x-schema-fingerprint` of records. */
  readonly fingerprint: string
  /** `same-meaning`: documentation or attributes differ, and no reader notices. */
  readonly ours: 'yes' | 'same-meaning' | 'no'
}

export interface ShownVersion extends ShownSchema {
  readonly subject: string
  readonly version: number
  /** All of the subject, oldest first. */
  readonly versions: readonly number[]
  /** That holds for the subject; undefined if the registry knows none. */
  readonly level: string | undefined
}

/** Undefined if the subject has no such version. Rejects as the calls of {@link SchemaRegistryClient} do. */
export async function showVersion(
  client: Pick<SchemaRegistryClient, 'levelThatHolds' | 'version' | 'versions'>,
  subject: string,
  version: number | 'latest',
): Promise<ShownVersion | undefined> {
  const found = await client.version(subject, version)
  if (found === undefined) return undefined
  return {
    subject,
    version: found.version,
    versions: await client.versions(subject),
    level: await client.levelThatHolds(subject),
    ...shown(found.id, found.text),
  }
}

/** Rejects as `schemaById` of {@link SchemaRegistryClient} does. */
export async function showId(
  client: Pick<SchemaRegistryClient, 'schemaById'>,
  id: number,
): Promise<ShownSchema> {
  return shown(id, await client.schemaById(id))
}

function shown(id: number, text: string): ShownSchema {
  const fingerprint = fingerprintOf(text)
  const same = saysTheSame(text, registryEventSchema.text) ? 'same-meaning' : 'no'
  return { id, text, fingerprint, ours: fingerprint === registryEventSchema.fingerprint ? 'yes' : same }
}

/** A registry may hold schemas of other kinds, under other subjects: those are shown too. */
function fingerprintOf(text: string): string {
  try {
    return schemaFingerprint(text)
  } catch {
    return ''
  }
}
