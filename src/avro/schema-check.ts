import { type SchemaChange, schemaDiff } from './schema-diff.ts'
import { readingFaults } from './schema-reading.ts'
import type { RegisteredVersion, SchemaRegistryClient } from './schema-registry.ts'

/** What a registry would say to a schema, and why. */
export interface SchemaCheck {
  readonly compatible: boolean
  /** The level that holds for the subject; undefined if the registry knows none. */
  readonly level: string | undefined
  /** In the registry's words where it has some, else in ours. Empty if compatible. */
  readonly reasons: readonly string[]
  /** Undefined: this would be the first. */
  readonly latest: RegisteredVersion | undefined
  /** Against the latest version. */
  readonly changes: readonly SchemaChange[]
}

type Client = Pick<SchemaRegistryClient, 'check' | 'latest' | 'levelThatHolds' | 'version' | 'versions'>

/**
 * Asks the registry whether the schema could be registered; where it says no without a reason, as Apicurio 3 does, looks
 * for the reason by Avro's own rules and the level of the subject. Changes nothing.
 *
 * @throws RelayError as the calls of {@link SchemaRegistryClient}
 */
export async function checkSchema(client: Client, subject: string, text: string): Promise<SchemaCheck> {
  const latest = await client.latest(subject)
  const level = await client.levelThatHolds(subject)
  const { compatible, reasons } = await client.check(subject, text)
  const changes = latest === undefined ? [] : schemaDiff(latest.text, text)
  const said = compatible ? [] : reasons.filter((reason) => reason.trim() !== '')
  if (compatible || said.length > 0) return { compatible, level, reasons: said, latest, changes }
  const own = incompatibilities(level, text, await againstAt(client, subject, level, latest))
  const without = [`${subject} does not take it, level ${level ?? 'unknown'}; the registry gives no reason`]
  return { compatible, level, reasons: own.length > 0 ? own : without, latest, changes }
}

/**
 * Why a schema may not follow those versions at this level, one sentence for each reason; empty if it may. The versions
 * are those that the level compares with: the latest, or all for the levels that end in `_TRANSITIVE`.
 *
 * Pure. @throws SyntaxError if a text is not JSON.
 */
export function incompatibilities(
  level: string | undefined,
  text: string,
  versions: readonly Pick<RegisteredVersion, 'version' | 'text'>[],
): readonly string[] {
  const [direction = ''] = (level ?? 'BACKWARD').toUpperCase().split('_')
  const backward = direction === 'BACKWARD' || direction === 'FULL'
  const forward = direction === 'FORWARD' || direction === 'FULL'
  return versions.flatMap(({ version, text: before }) => [
    ...(backward ? readingFaults(text, before) : []).map(
      (fault) => `the new schema cannot read what version ${version} wrote: ${fault}`,
    ),
    ...(forward ? readingFaults(before, text) : []).map(
      (fault) => `version ${version} cannot read what the new schema writes: ${fault}`,
    ),
  ])
}

async function againstAt(
  client: Client,
  subject: string,
  level: string | undefined,
  latest: RegisteredVersion | undefined,
): Promise<readonly RegisteredVersion[]> {
  if (latest === undefined) return []
  if (!level?.toUpperCase().endsWith('_TRANSITIVE')) return [latest]
  const versions: RegisteredVersion[] = []
  for (const number of await client.versions(subject)) {
    const version = number === latest.version ? latest : await client.version(subject, number)
    if (version !== undefined) versions.push(version)
  }
  return versions
}
