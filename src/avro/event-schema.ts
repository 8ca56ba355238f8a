import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type avro from 'avsc'
import { typeOf } from './avro-type.ts'

/** A schema of events in the forms that are needed of it. */
export interface EventSchema {
  /** Full name of the record, with its namespace. */
  readonly name: string
  /** What is registered: the JSON of the schema file without white space, documentation included. */
  readonly text: string
  /** Lower-case hex, see {@link schemaFingerprint}. */
  readonly fingerprint: string
  /** Encodes, and is the reader that records of other versions are resolved to. */
  readonly type: avro.Type
}

/**
 * SHA-256 (hex) of the schema as JSON without white space, the members of every object sorted by the bytes of their
 * names. Unlike Avro's own fingerprint it covers logical types, defaults, documentation and attributes: two schemas
 * that differ in any of these are two versions.
 *
 * @throws SyntaxError if `text` is not JSON.
 */
export function schemaFingerprint(text: string): string {
  return createHash('sha256')
    .update(sortedJson(JSON.parse(text)))
    .digest('hex')
}

function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => ({ name: Buffer.from(name), member }))
  members.sort((a, b) => a.name.compare(b.name))
  return `{${members.map(({ name, member }) => `${JSON.stringify(name.toString())}:${sortedJson(member)}`).join(',')}}`
}

/**
 * An event schema from the text of an `.avsc` file.
 *
 * The text is minified: one of the registries we met gives another id to the same schema with other white space, so
 * reformatting the file would look like a new version to it.
 */
export function eventSchemaOf(avsc: string): EventSchema {
  const text = JSON.stringify(JSON.parse(avsc))
  const type = typeOf(text)
  return { name: type.name ?? '', text, fingerprint: schemaFingerprint(text), type }
}

/** `schemas/registry-event.v1.avsc`, which lies two folders above this file in the sources and in the package. */
export const registryEventSchema: EventSchema = eventSchemaOf(
  readFileSync(new URL('../../schemas/registry-event.v1.avsc', import.meta.url), 'utf8'),
)
