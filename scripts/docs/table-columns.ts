import { readFileSync } from 'node:fs'

type Type =
  | string
  | {
      readonly type: string
      readonly logicalType?: string
      readonly name?: string
      readonly items?: Type
      readonly values?: Type
      readonly fields?: readonly Field[]
    }
interface Field {
  readonly name: string
  /** `null` and what it is else: the schema has no other. */
  readonly type: readonly ['null', Type]
}

/** How a query engine writes the types of columns. */
interface Dialect {
  readonly text: string
  readonly int: string
  readonly long: string
  readonly timestamp: string
  readonly array: (items: string) => string
  readonly map: (values: string) => string
  /** `a` and a type, each. */
  readonly record: (fields: readonly string[]) => string
}

const flink: Dialect = {
  text: 'STRING',
  int: 'INT',
  long: 'BIGINT',
  timestamp: 'TIMESTAMP(3)',
  array: (items) => `ARRAY<${items}>`,
  map: (values) => `MAP<STRING, ${values}>`,
  record: (fields) => `ROW<${fields.join(', ')}>`,
}
const ksqldb: Dialect = {
  text: 'VARCHAR',
  int: 'INTEGER',
  long: 'BIGINT',
  timestamp: 'TIMESTAMP',
  array: (items) => `ARRAY<${items}>`,
  map: (values) => `MAP<VARCHAR, ${values}>`,
  record: (fields) => `STRUCT<${fields.join(', ')}>`,
}
/** Lists and maps cannot be null there: they are empty. */
const clickhouse: Dialect = {
  text: 'Nullable(String)',
  int: 'Nullable(Int32)',
  long: 'Nullable(Int64)',
  timestamp: "Nullable(DateTime64(3, 'UTC'))",
  array: (items) => `Array(${items === 'Nullable(String)' ? 'String' : items})`,
  map: (values) => `Map(String, ${values === 'Nullable(String)' ? 'String' : values})`,
  record: (fields) => `Tuple(${fields.join(', ')})`,
}

/** Lines of a CREATE TABLE in Flink SQL, records as rows. */
export function flinkColumns(file: string): string {
  return nested(file, flink, (name) => `\`${name}\``)
}

/** Lines of a CREATE STREAM of ksqlDB, records as structs. In backquotes, names keep their case and may be any word. */
export function ksqldbColumns(file: string): string {
  return nested(file, ksqldb, (name) => `\`${name}\``)
}

/** Lines of a CREATE TABLE of ClickHouse, records as tuples: its Avro reader wants every field of a record that it has a column for. */
export function clickhouseColumns(file: string): string {
  return nested(file, clickhouse, (name) => name)
}

function nested(file: string, dialect: Dialect, quoted: (name: string) => string): string {
  const { fields, named } = read(file)
  return fields
    .map(({ name, type }) => `  ${quoted(name)} ${written(type[1], dialect, named, quoted)}`)
    .join(',\n')
}

function written(
  type: Type,
  to: Dialect,
  named: ReadonlyMap<string, Type>,
  quoted: (name: string) => string,
): string {
  const below = (inner: Type): string => written(inner, to, named, quoted)
  const known = typeof type === 'string' ? named.get(type) : undefined
  if (known !== undefined) return below(known)
  const shape = typeof type === 'string' ? { type } : type
  if ('logicalType' in shape && shape.logicalType === 'timestamp-millis') return to.timestamp
  if (shape.type === 'string') return to.text
  if (shape.type === 'int') return to.int
  if (shape.type === 'long') return to.long
  if ('items' in shape && shape.items !== undefined) return to.array(below(shape.items))
  if ('values' in shape && shape.values !== undefined) return to.map(below(shape.values))
  if ('fields' in shape && shape.fields !== undefined) {
    return to.record(shape.fields.map(({ name, type: [, inner] }) => `${quoted(name)} ${below(inner)}`))
  }
  throw new Error(`no column type for ${JSON.stringify(type)}`)
}

function read(file: string): {
  readonly fields: readonly Field[]
  readonly named: ReadonlyMap<string, Type>
} {
  const { fields } = JSON.parse(readFileSync(file, 'utf8')) as { fields: readonly Field[] }
  const named = new Map<string, Type>()
  const note = (type: Type): void => {
    if (typeof type === 'string') return
    if (type.name !== undefined) named.set(type.name, type)
    if (type.items !== undefined) note(type.items)
    for (const field of type.fields ?? []) note(field.type[1])
  }
  for (const { type } of fields) note(type[1])
  return { fields, named }
}
