import { readFileSync } from 'node:fs'

interface AvroField {
  readonly name: string
  readonly json?: string
  readonly doc?: string
  readonly type: readonly [string, AvroType]
}
type AvroType =
  | string
  | {
      readonly type: string
      readonly logicalType?: string
      readonly items?: AvroType
      readonly values?: AvroType
      readonly name?: string
      readonly fields?: readonly AvroField[]
    }

/** A table of the fields of an Avro schema, those of records within it with their path. */
export function avroFields(file: string): string {
  const schema = JSON.parse(readFileSync(file, 'utf8')) as { fields: readonly AvroField[] }
  return [
    '| field | type | in the JSON | meaning |',
    '|---|---|---|---|',
    ...fieldRows(schema.fields, ''),
  ].join('\n')
}

/** A record that is used twice is spelled out once. */
function fieldRows(fields: readonly AvroField[], prefix: string): string[] {
  return fields.flatMap((field) => {
    const type = field.type[1]
    const row = `| \`${prefix}${field.name}\` | ${typeName(type)} | ${field.json === undefined ? '' : `\`${field.json}\``} | ${(field.doc ?? '').replaceAll('|', '\\|')} |`
    const record = typeof type === 'object' && type.type === 'array' ? type.items : type
    const below = typeof record === 'object' ? (record.fields ?? []) : []
    return [row, ...fieldRows(below, `${prefix}${field.name}.`)]
  })
}

function typeName(type: AvroType): string {
  if (typeof type === 'string') return type
  if (type.type === 'array') return `array of ${typeName(type.items ?? '')}`
  if (type.type === 'map') return `map of ${typeName(type.values ?? '')}`
  return type.logicalType ?? type.name ?? type.type
}
