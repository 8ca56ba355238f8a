import type { EventSchema } from '../avro/event-schema.ts'
import { checkSchema } from '../avro/schema-check.ts'
import type { SchemaFinding } from '../avro/schema-lint.ts'
import type { SchemaRegistryClient } from '../avro/schema-registry.ts'
import { isRelayError } from '../errors.ts'
import { checkSubjects, versionOf } from './check-schema.ts'
import { type DescribedChange, described } from './described-change.ts'
import type { SubjectUse } from './schema-subjects.ts'

/** What became of a schema under one subject. */
export interface SubjectRegistration extends SubjectUse {
  /** `present`: it was there before. */
  readonly outcome: 'registered' | 'present' | 'refused'
  readonly registered?: { readonly version: number; readonly id: number }
  /** That holds for the subject now; undefined if the registry knows none. */
  readonly level: string | undefined
  /** Why it was refused. */
  readonly reasons: readonly string[]
  /** Of a schema that was refused, against the latest version. */
  readonly changes: readonly DescribedChange[]
  /** House rules that it breaks, for which it was refused without the registry being asked to take it. */
  readonly lint: readonly SchemaFinding[]
}

export interface RegisterOptions {
  /** For each subject. Default: levels stay as they are. */
  readonly level?: string | undefined
  /** False: a schema may break the house rules. Default true. */
  readonly lint?: boolean
}

type Client = Pick<
  SchemaRegistryClient,
  | 'check'
  | 'latest'
  | 'levelThatHolds'
  | 'lookup'
  | 'register'
  | 'setCompatibilityLevel'
  | 'version'
  | 'versions'
>

/**
 * Registers the schema under each subject, in their order; one that refuses it does not keep the others from it. The level of
 * a subject is set only if one is given, and then also where the registry refuses the schema. Under a subject where it breaks
 * a house rule nothing is changed.
 *
 * Rejects as the calls of {@link SchemaRegistryClient} do.
 */
export async function registerSubjects(
  client: Client,
  schema: Pick<EventSchema, 'text'>,
  subjects: readonly SubjectUse[],
  { level, lint = true }: RegisterOptions = {},
): Promise<readonly SubjectRegistration[]> {
  const registrations: SubjectRegistration[] = []
  for (const use of subjects) {
    const broken = lint ? await brokenRules(client, schema.text, use) : undefined
    registrations.push(broken ?? (await registerUnder(client, schema.text, use, level)))
  }
  return registrations
}

/** Undefined: it breaks none, or is there already. */
async function brokenRules(
  client: Client,
  text: string,
  use: SubjectUse,
): Promise<SubjectRegistration | undefined> {
  const [check] = await checkSubjects(client, { text }, [use])
  if (check === undefined || check.lint.length === 0) return undefined
  const { level, reasons, changes, lint } = check
  return { ...use, outcome: 'refused', level, reasons, changes, lint }
}

async function registerUnder(
  client: Client,
  text: string,
  use: SubjectUse,
  level: string | undefined,
): Promise<SubjectRegistration> {
  const { subject } = use
  const before = await client.versions(subject)
  // A level is to hold for this version already. But some registries (Apicurio) know no subject that has no version.
  if (level !== undefined && before.length > 0) await client.setCompatibilityLevel(subject, level)
  try {
    const id = await client.register(subject, text)
    if (level !== undefined && before.length === 0) await client.setCompatibilityLevel(subject, level)
    const version = await versionOf(client, subject, id)
    return {
      ...use,
      outcome: before.includes(version) ? 'present' : 'registered',
      registered: { version, id },
      level: await client.levelThatHolds(subject),
      reasons: [],
      changes: [],
      lint: [],
    }
  } catch (error) {
    if (!isRelayError(error, 'SCHEMA_INCOMPATIBLE')) throw error
    // Asked afterwards: only then is it known that the registry refuses, and the answer to that names no field.
    const check = await checkSchema(client, subject, text)
    const reasons = check.reasons.length > 0 ? check.reasons : [error.message]
    return {
      ...use,
      outcome: 'refused',
      level: check.level,
      reasons,
      changes: described(check.changes),
      lint: [],
    }
  }
}
