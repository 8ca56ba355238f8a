type Json = string | number | boolean | null | readonly Json[] | JsonObject
type JsonObject = { readonly [name: string]: Json }

/**
 * True if both texts describe the same bytes and the same meaning: Avro's Parsing Canonical Form, and beside it logical
 * types and defaults, which that form leaves out although a reader acts on them. Documentation, aliases, attributes
 * and the order of members do not count: registries drop or reorder them in the copy they keep.
 *
 * @throws SyntaxError if one is not JSON.
 */
export function sameSchema(text: string, other: string): boolean {
  return formText(text) === formText(other)
}

/** {@link sameSchema}, where one of them may be no Avro at all: then they are not. */
export function saysTheSame(theirs: string, ours: string): boolean {
  try {
    return sameSchema(theirs, ours)
  } catch {
    return false
  }
}

function formText(text: string): string {
  return JSON.stringify(formOf(JSON.parse(text), ''))
}

const primitives: ReadonlySet<Json> = new Set([
  'null',
  'boolean',
  'int',
  'long',
  'float',
  'double',
  'bytes',
  'string',
])
const named: ReadonlySet<Json> = new Set(['record', 'error', 'enum', 'fixed'])

/** Members that count and need no translation; JSON leaves out those that are undefined. */
function plain({ symbols, size, logicalType, precision, scale, default: fallback }: JsonObject): object {
  return { symbols, size, logicalType, precision, scale, default: fallback }
}

function formOf(schema: Json, namespace: string): unknown {
  if (typeof schema === 'string') return primitives.has(schema) ? schema : fullName(schema, namespace)
  if (Array.isArray(schema)) return schema.map((branch) => formOf(branch, namespace))
  const type = schema as JsonObject
  const kind = type['type'] as Json
  if (kind === 'array') return { type: kind, items: formOf(type['items'] as Json, namespace) }
  if (kind === 'map') return { type: kind, values: formOf(type['values'] as Json, namespace) }
  if (named.has(kind)) return namedForm(type, namespace)
  // `{"type": "string"}` says no more than `"string"`, and any type may be wrapped like that.
  return type['logicalType'] === undefined
    ? formOf(kind, namespace)
    : { type: formOf(kind, namespace), ...plain(type) }
}

function namedForm(type: JsonObject, enclosing: string): object {
  const namespace = typeof type['namespace'] === 'string' ? type['namespace'] : enclosing
  const name = fullName(String(type['name']), namespace)
  // Names inside a record without a dot are of the namespace of the record's full name.
  const inside = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  const fields = type['fields'] as readonly JsonObject[] | undefined
  return {
    name,
    type: type['type'],
    fields: fields?.map((field) => ({
      name: field['name'],
      type: formOf(field['type'] as Json, inside),
      // No default and the default null are two things: only the first is left out.
      default: field['default'],
    })),
    ...plain(type),
  }
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}
