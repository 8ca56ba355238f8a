import type { EventSchema } from '../avro/event-schema.ts'
import { checkSchema } from '../avro/schema-check.ts'
import { lintSchema, type SchemaFinding } from '../avro/schema-lint.ts'
import type { RegisteredVersion, SchemaRegistryClient } from '../avro/schema-registry.ts'
import { isRelayError } from '../errors.ts'
import { type DescribedChange, described } from './described-change.ts'
import type { SubjectUse } from './schema-subjects.ts'

/** What a registry says to a schema under one subject. */
export interface SubjectCheck extends SubjectUse {
  /** `registered`: this schema, or one that says the same, is there. Else whether it could be registered. */
  readonly state: 'registered' | 'compatible' | 'incompatible'
  /** Where it is registered. */
  readonly registered?: { readonly version: number; readonly id: number }
  readonly latest?: { readonly version: number; readonly id: number }
  /** That holds for the subject; undefined if the registry knows none. */
  readonly level: string | undefined
  /** Against the latest version. */
  readonly changes: readonly DescribedChange[]
  /** Why it is incompatible. */
  readonly reasons: readonly string[]
  /** What no registry asks and what breaks readers all the same; of a schema that is registered it is too late. */
  readonly lint: readonly SchemaFinding[]
}

type Client = Pick<
  SchemaRegistryClient,
  'check' | 'latest' | 'levelThatHolds' | 'lookup' | 'version' | 'versions'
>

/** Asks for each subject, and changes nothing. Rejects as the calls of {@link SchemaRegistryClient} do. */
export async function checkSubjects(
  client: Client,
  { text }: Pick<EventSchema, 'text'>,
  subjects: readonly SubjectUse[],
): Promise<readonly SubjectCheck[]> {
  const checks: SubjectCheck[] = []
  for (const use of subjects) {
    const registered = await registeredAt(client, use.subject, text)
    const { compatible, level, reasons, latest, changes } = await checkSchema(client, use.subject, text)
    checks.push({
      ...use,
      state: registered !== undefined ? 'registered' : compatible ? 'compatible' : 'incompatible',
      ...(registered === undefined ? {} : { registered }),
      ...(latest === undefined ? {} : { latest: placeOf(latest) }),
      level,
      changes: described(changes),
      reasons: registered === undefined ? reasons : [],
      lint: registered === undefined ? lintSchema(text, latest?.text) : [],
    })
  }
  return checks
}

/** Version and id of this very schema under a subject, or of one that says the same; undefined if it is not there. */
async function registeredAt(
  client: Client,
  subject: string,
  text: string,
): Promise<SubjectCheck['registered']> {
  try {
    const id = await client.lookup(subject, text)
    return { version: await versionOf(client, subject, id), id }
  } catch (error) {
    if (isRelayError(error, 'SCHEMA_NOT_REGISTERED')) return undefined
    throw error
  }
}

/** The number of the newest version that has this id; 0 if it was taken away in the meantime. */
export async function versionOf(
  client: Pick<SchemaRegistryClient, 'version' | 'versions'>,
  subject: string,
  id: number,
): Promise<number> {
  for (const number of (await client.versions(subject)).toReversed()) {
    const version = await client.version(subject, number)
    if (version?.id === id) return number
  }
  return 0
}

function placeOf({ version, id }: RegisteredVersion): { readonly version: number; readonly id: number } {
  return { version, id }
}
