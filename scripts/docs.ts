// Writes the generated parts of the documentation; with --check it fails instead when they are out of date.
import { readFileSync, writeFileSync } from 'node:fs'

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

const file = 'docs/avro.md'
const before = readFileSync(file, 'utf8')
const schema = JSON.parse(readFileSync('schemas/registry-event.v1.avsc', 'utf8')) as {
  fields: readonly AvroField[]
}
const rows = fieldRows(schema.fields, '')
const table = ['| field | type | in the JSON | meaning |', '|---|---|---|---|', ...rows].join('\n')
const marked = /(<!-- fields begin[^>]*-->\n)[\s\S]*?(<!-- fields end -->)/
if (!marked.test(before)) throw new Error(`${file} has no place for the fields`)
const after = before.replace(marked, (_whole, begin, end) => `${begin}${table}\n${end}`)

if (before === after) process.exit(0)
if (process.argv.includes('--check')) {
  console.error(`${file} is out of date: run npm run docs`)
  process.exit(1)
}
writeFileSync(file, after)

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
