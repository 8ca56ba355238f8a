import { registryEventSchema } from '../../avro/event-schema.ts'
import type { SchemaRegistryClient } from '../../avro/schema-registry.ts'
import type { Config } from '../../config/config.ts'
import { checkSubjects, type SubjectCheck } from '../check-schema.ts'
import { subjectsOf } from '../schema-subjects.ts'
import { type Check, failure, note, ok, type Seen } from './check.ts'
import type { Reach } from './reach.ts'
import { type NamedTarget, reachAny } from './reach-check.ts'
import { oneLine } from './trouble.ts'

export interface SchemaChecksOptions {
  readonly config: Pick<Config, 'topics' | 'schemaRegistry'>
  readonly servers: readonly NamedTarget[]
  readonly client: () => SchemaRegistryClient
  readonly reach: Reach
  readonly now: () => number
  readonly configOption: string
}

/** Whether the schema registry can be asked, and takes or has what is written here. */
export function schemaChecks(options: SchemaChecksOptions): readonly Check[] {
  const { config, servers, client, reach, now } = options
  return [
    {
      ...{ name: 'schema registry', part: 'schema' },
      otherwise: 'the schema registry cannot be reached',
      run: () => reachAny(reach, servers, now),
    },
    {
      ...{ name: 'schema', part: 'schema', needs: 'schema registry' },
      otherwise: 'the schema could not be looked at',
      async run() {
        const uses = subjectsOf(config, registryEventSchema.name)
        const checks = await checkSubjects(client(), registryEventSchema, uses)
        return checks.flatMap((check) => subjectSeen(check, options))
      },
    },
  ]
}

function subjectSeen(check: SubjectCheck, { config, configOption }: SchemaChecksOptions): readonly Seen[] {
  const { subject, state, registered, level, reasons, lint } = check
  switch (state) {
    case 'registered':
      return [
        ok(
          `${subject}: registered as version ${registered?.version}, id ${registered?.id}, level ${level ?? 'unknown'}`,
        ),
      ]
    case 'compatible':
      return [
        config.schemaRegistry.mode === 'register'
          ? note(`${subject}: not registered yet; the gateway registers it when it starts`)
          : failure(
              `${subject}: the schema is not registered, and schemaRegistry.mode is lookup: the gateway publishes nothing`,
              `registry-relay schema register${configOption}`,
            ),
        ...lint.map(({ at, message }) => note(`${subject}: ${at} ${message}`)),
      ]
    case 'incompatible':
      return [
        failure(
          `${subject} would refuse the schema (level ${level ?? 'unknown'}): ${oneLine(reasons[0] ?? 'without a reason')}`,
          `registry-relay schema check${configOption} shows every difference; another topic or subject strategy has another subject`,
        ),
      ]
  }
}
