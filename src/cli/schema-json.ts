import type { SubjectCheck } from '../operations/check-schema.ts'
import type { SubjectRegistration } from '../operations/register-schema.ts'
import type { ShownSchema, ShownVersion } from '../operations/show-schema.ts'

export interface SchemaName {
  /** Full name of the record. */
  readonly name: string
  readonly fingerprint: string
}

/** `{ schema, ok, subjects }`. */
export function checkJson(schema: SchemaName, subjects: readonly SubjectCheck[], ok: boolean): string {
  return pretty({ schema, ok, subjects })
}

/** `{ schema, subjects }`. */
export function registerJson(schema: SchemaName, subjects: readonly SubjectRegistration[]): string {
  return pretty({ schema, subjects })
}

/** A list, also of one; `schema` is the schema itself where it is JSON, else its text. */
export function showJson(shown: readonly (ShownSchema | ShownVersion)[]): string {
  return pretty(shown.map(({ text, ...facts }) => ({ ...facts, schema: parsed(text) })))
}

/** As people read it: indented where it is JSON. */
export function prettySchema(text: string): string {
  const schema = parsed(text)
  return typeof schema === 'string' ? schema : pretty(schema)
}

function pretty(value: unknown): string {
  return JSON.stringify(value, undefined, 2)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
