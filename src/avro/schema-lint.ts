import { typeOf } from './avro-type.ts'

/** One thing that is wrong with a schema. */
export interface SchemaFinding {
  /** Where: names of fields, joined by dots; the name of the schema itself for what concerns the whole. */
  readonly at: string
  readonly rule: SchemaRule
  /** What was found. */
  readonly message: string
}

export type SchemaRule =
  | 'valid'
  | 'nullable'
  | 'documented'
  | 'portable-type'
  | 'name'
  | 'json-name'
  | 'no-alias'
  | 'only-appended'

interface FieldSchema {
  readonly name: string
  readonly type: unknown
  readonly default?: unknown
  readonly doc?: unknown
  readonly json?: unknown
  readonly aliases?: unknown
}

interface RecordSchema {
  readonly name: string
  readonly doc?: unknown
  readonly fields: readonly FieldSchema[]
}

/** Words that one of the query engines reserves: as the name of a column they need quoting everywhere. */
const reservedWords: ReadonlySet<string> = new Set([
  'timestamp',
  'references',
  'from',
  'to',
  'method',
  'raw',
  'rename',
])

/**
 * What a schema registry does not ask, and what nevertheless breaks readers: with every field nullable it accepts a
 * field that was removed or renamed, and another unit behind the same `long`; old readers then see nulls, or
 * instants a thousand times too large, and no error anywhere.
 *
 * The rules: fields are appended, never removed, renamed, moved or retyped (against `previous`); no aliases; every
 * field is `["null", T]` with default null, the one union that all engines read as a nullable column; no enum, no
 * other union, no recursion, none of which every sink can read; records and the fields of the top have a `doc`;
 * names fold to lower case without colliding and are no reserved words; `json` names are unique in their record.
 *
 * Pure. No findings: the list is empty.
 */
export function lintSchema(text: string, previous?: string): readonly SchemaFinding[] {
  try {
    typeOf(text)
  } catch (error) {
    return [{ at: 'schema', rule: 'valid', message: String(error) }]
  }
  const findings: SchemaFinding[] = []
  const schema = JSON.parse(text) as RecordSchema
  if (!Array.isArray(schema.fields)) return [{ at: 'schema', rule: 'valid', message: 'is not a record' }]
  lintRecord(schema, '', [], findings)
  if (previous !== undefined) compare(JSON.parse(previous) as RecordSchema, schema, '', findings)
  return findings
}

function lintRecord(
  record: RecordSchema,
  path: string,
  enclosing: readonly string[],
  findings: SchemaFinding[],
): void {
  const at = path === '' ? record.name : path
  if (!isText(record.doc)) {
    findings.push({ at, rule: 'documented', message: `record ${record.name} has no doc` })
  }
  const folded = new Map<string, string>()
  const jsonNames = new Map<string, string>()
  for (const field of record.fields) {
    const place = path === '' ? field.name : `${path}.${field.name}`
    const add = (rule: SchemaRule, message: string): void => {
      findings.push({ at: place, rule, message })
    }
    const lower = field.name.toLowerCase()
    const twin = folded.get(lower)
    if (twin !== undefined) add('name', `differs from ${twin} only by case`)
    folded.set(lower, field.name)
    if (reservedWords.has(lower)) add('name', 'is a reserved word of a query engine')
    if (field.aliases !== undefined) add('no-alias', 'has aliases: a registry takes them as leave to rename')
    if (field.json !== undefined) {
      const other = jsonNames.get(String(field.json))
      if (other !== undefined) add('json-name', `stands for the same JSON member as ${other}`)
      jsonNames.set(String(field.json), field.name)
    }
    if (path === '' && !isText(field.doc)) add('documented', 'has no doc')
    const type = field.type
    if (!Array.isArray(type) || type.length !== 2 || type[0] !== 'null' || field.default !== null) {
      add('nullable', 'is not ["null", T] with default null')
    }
    lintType(Array.isArray(type) ? type.at(-1) : type, place, [...enclosing, record.name], findings)
  }
}

function lintType(
  type: unknown,
  path: string,
  enclosing: readonly string[],
  findings: SchemaFinding[],
): void {
  const fault = portabilityFault(type, enclosing)
  if (fault !== undefined) {
    findings.push({ at: path, rule: 'portable-type', message: fault })
    return
  }
  const { type: kind, items } = type as { type?: unknown; items?: unknown }
  if (kind === 'record') lintRecord(type as RecordSchema, path, enclosing, findings)
  else if (kind === 'array') lintType(items, path, enclosing, findings)
}

function portabilityFault(type: unknown, enclosing: readonly string[]): string | undefined {
  if (Array.isArray(type)) return 'holds a union'
  if (typeof type === 'string')
    return enclosing.includes(type.slice(type.lastIndexOf('.') + 1)) ? `contains itself: ${type}` : undefined
  const { type: kind, values } = type as { type: unknown; values?: unknown }
  if (kind === 'enum') return 'is an enum: a new symbol breaks old readers'
  if (kind === 'fixed') return 'is fixed, which not every sink reads'
  if (kind === 'map' && values !== 'string') return 'is a map of something else than string'
  return undefined
}

/** Every field of before must be there, at its place, with its type; a logical type is part of the type. */
function compare(before: RecordSchema, after: RecordSchema, path: string, findings: SchemaFinding[]): void {
  if (before.name !== after.name) {
    findings.push({
      at: path === '' ? before.name : path,
      rule: 'only-appended',
      message: `is named ${after.name} now`,
    })
  }
  for (const [index, field] of before.fields.entries()) {
    const at = path === '' ? field.name : `${path}.${field.name}`
    const now = after.fields[index]
    if (now?.name !== field.name) {
      const moved = after.fields.some(({ name }) => name === field.name)
      findings.push({ at, rule: 'only-appended', message: moved ? 'was moved' : 'was removed or renamed' })
      continue
    }
    if (now.json !== field.json) {
      findings.push({ at, rule: 'only-appended', message: `stands for JSON member ${String(now.json)} now` })
    }
    const was = recordIn(field.type)
    const is = recordIn(now.type)
    if (was !== undefined && is !== undefined) compare(was, is, at, findings)
    if (outline(field.type) !== outline(now.type)) {
      findings.push({
        at,
        rule: 'only-appended',
        message: `was ${outline(field.type)}, is ${outline(now.type)}`,
      })
    }
  }
}

/** The record that a type defines, if it does, inside nulls and lists. */
function recordIn(type: unknown): RecordSchema | undefined {
  if (Array.isArray(type)) return recordIn(type.at(-1))
  if (typeof type !== 'object' || type === null) return undefined
  const { type: kind, items } = type as { type: unknown; items?: unknown }
  if (kind === 'record') return type as RecordSchema
  return kind === 'array' ? recordIn(items) : undefined
}

/** A type with records by name only: their fields are compared one by one. */
function outline(type: unknown): string {
  if (Array.isArray(type)) return `[${type.map(outline).join(', ')}]`
  if (typeof type !== 'object' || type === null) return String(type)
  const { type: kind, name, items, values, logicalType } = type as { [member: string]: unknown }
  if (kind === 'record') return String(name)
  if (kind === 'array') return `list of ${outline(items)}`
  if (kind === 'map') return `map of ${outline(values)}`
  return logicalType === undefined ? outline(kind) : `${outline(kind)} (${String(logicalType)})`
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== ''
}
