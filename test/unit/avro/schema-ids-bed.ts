import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { SchemaIdRegistry } from '../../../src/avro/schema-id.ts'
import type { CachePlace, RememberedSchemas, SchemaIdCache } from '../../../src/avro/schema-id-cache.ts'
import { RegisteredSchemaIds, type RegisteredSchemaIdsOptions } from '../../../src/avro/schema-ids.ts'
import { RelayError } from '../../../src/errors.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

/** Answers as it is told to; `asked` lists the calls. */
export class ScriptedRegistry implements SchemaIdRegistry {
  readonly asked: string[] = []
  /** Those that an id was asked for. */
  readonly texts = new Set<string>()
  urls: readonly string[] = ['http://registry']
  answer: number | Error = 7
  /** By id; without one of the id, `schema`. */
  readonly schemas = new Map<number, string>()
  schema: string | Error = registryEventSchema.text
  /** Of a lookup: texts that have another answer. */
  readonly answers = new Map<string, number | Error>()
  disconnected: () => void = () => {}

  lookup = async (subject: string, text: string): Promise<number> => this.#give('lookup', subject, text)
  register = async (subject: string, text: string): Promise<number> => this.#give('register', subject, text)

  schemaById = async (id: number): Promise<string> => {
    this.asked.push(`schemaById ${id}`)
    const schema = this.schemas.get(id) ?? this.schema
    if (schema instanceof Error) throw schema
    return schema
  }

  onDisconnect = (listener: () => void): (() => void) => {
    this.disconnected = listener
    return () => {
      this.disconnected = () => {}
    }
  }

  #give(call: string, subject: string, text: string): number {
    this.asked.push(`${call} ${subject}`)
    this.texts.add(text)
    const answer = this.answers.get(text) ?? this.answer
    if (answer instanceof Error) throw answer
    return answer
  }
}

/** In memory; keeps what was saved last, for each place. */
export class MemoryCache implements SchemaIdCache {
  readonly saved: Map<string, RememberedSchemas>
  error: Error | undefined

  /** @param saved by the JSON of its place */
  constructor(saved: readonly (readonly [string, RememberedSchemas])[] = []) {
    this.saved = new Map(saved)
  }

  load(place: CachePlace): RememberedSchemas {
    if (this.error !== undefined) throw this.error
    const own = this.saved.get(JSON.stringify(place)) ?? new Map()
    const others = [...this.saved.values()].flatMap((schemas) => [...schemas])
    return new Map([...others.map(([fingerprint, { text }]) => [fingerprint, { text }] as const), ...own])
  }

  async save(place: CachePlace, schemas: RememberedSchemas): Promise<void> {
    if (this.error !== undefined) throw this.error
    this.saved.set(JSON.stringify(place), schemas)
  }

  /** Of the only place. */
  idOf(fingerprint: string): number | undefined {
    assert.ok(this.saved.size <= 1)
    return [...this.saved.values()][0]?.get(fingerprint)?.id
  }
}

export function startIds(
  t: TestContext,
  options: Partial<RegisteredSchemaIdsOptions> = {},
  registry: ScriptedRegistry = new ScriptedRegistry(),
): {
  registry: ScriptedRegistry
  clock: ManualClock
  telemetry: CountedTelemetry
  ids: RegisteredSchemaIds
} {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const ids = new RegisteredSchemaIds({
    registry,
    subject: 'topic-value',
    mode: 'lookup',
    clock,
    random: () => 1,
    telemetry,
    ...options,
  })
  t.after(() => ids.close())
  return { registry, clock, telemetry, ids }
}

export const down: RelayError = new RelayError('SCHEMA_REGISTRY_UNAVAILABLE', 'nobody answers')
