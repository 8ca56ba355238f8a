import avro from 'avsc'
import { int64 } from './int64.ts'

/**
 * The avsc type of a schema, made the same way for reading and for writing.
 *
 * The hook is asked for every place where a type is named, so it reaches `long` and `{"type":"long","logicalType":…}`
 * alike; a `registry` with a `long` in it would miss the second. Unions are never wrapped: all of ours are null and
 * one other, and what a wrapper looks like must not hang on avsc's guess.
 *
 * @throws Error of avsc if the text is not an Avro schema; SyntaxError if it is not JSON.
 */
export function typeOf(text: string): avro.Type {
  return avro.Type.forSchema(JSON.parse(text), {
    wrapUnions: 'never',
    typeHook: (schema) => (isLong(schema) ? int64 : undefined),
  })
}

function isLong(schema: unknown): boolean {
  if (schema === 'long') return true
  return typeof schema === 'object' && schema !== null && 'type' in schema && schema.type === 'long'
}
