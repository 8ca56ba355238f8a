/** A schema with its names resolved: where one refers to a type by name, the type itself stands, in cycles too. */
export type SchemaNode = PrimitiveNode | RecordNode | EnumNode | FixedNode | ArrayNode | MapNode | UnionNode

export interface PrimitiveNode {
  readonly kind: 'primitive'
  readonly name: string
  readonly logicalType: string | undefined
}

export interface RecordNode {
  readonly kind: 'record'
  /** With its namespace, as of all names. */
  readonly name: string
  readonly aliases: readonly string[]
  readonly doc: string | undefined
  readonly fields: readonly FieldNode[]
}

export interface FieldNode {
  readonly name: string
  readonly aliases: readonly string[]
  readonly doc: string | undefined
  /** As JSON text; undefined if it has none, which is not the same as a default of null. */
  readonly fallback: string | undefined
  readonly type: SchemaNode
}

export interface EnumNode {
  readonly kind: 'enum'
  readonly name: string
  readonly aliases: readonly string[]
  readonly symbols: readonly string[]
  readonly hasDefault: boolean
}

export interface FixedNode {
  readonly kind: 'fixed'
  readonly name: string
  readonly aliases: readonly string[]
  readonly size: number
  readonly logicalType: string | undefined
}

export interface ArrayNode {
  readonly kind: 'array'
  readonly items: SchemaNode
}

export interface MapNode {
  readonly kind: 'map'
  readonly values: SchemaNode
}

export interface UnionNode {
  readonly kind: 'union'
  readonly branches: readonly SchemaNode[]
}

type Json = Readonly<Record<string, unknown>>

/**
 * For schemas that a registry has or an Avro library has read: names that lead nowhere are taken for primitive types.
 *
 * @throws SyntaxError if the text is not JSON.
 */
export function schemaTree(text: string): SchemaNode {
  return nodeOf(JSON.parse(text), '', new Map())
}

function nodeOf(schema: unknown, namespace: string, named: Map<string, SchemaNode>): SchemaNode {
  if (typeof schema === 'string') {
    const known = named.get(fullName(schema, namespace)) ?? named.get(schema)
    return known ?? { kind: 'primitive', name: schema, logicalType: undefined }
  }
  if (Array.isArray(schema)) {
    return { kind: 'union', branches: schema.map((branch) => nodeOf(branch, namespace, named)) }
  }
  const json = schema as Json
  const { type } = json
  if (type === 'array') return { kind: 'array', items: nodeOf(json['items'], namespace, named) }
  if (type === 'map') return { kind: 'map', values: nodeOf(json['values'], namespace, named) }
  if (type === 'record' || type === 'error') return recordOf(json, namespace, named)
  if (type === 'enum' || type === 'fixed') {
    const node = type === 'enum' ? enumOf(json, namespace) : fixedOf(json, namespace)
    named.set(node.name, node)
    return node
  }
  // Any type may be wrapped like `{"type": "string"}`; only a primitive one gets a logical type by it.
  const inner = nodeOf(type, namespace, named)
  return inner.kind === 'primitive' ? { ...inner, logicalType: textOf(json['logicalType']) } : inner
}

function recordOf(json: Json, namespace: string, named: Map<string, SchemaNode>): RecordNode {
  const own = nameOf(json, namespace)
  const fields: FieldNode[] = []
  const node: RecordNode = { kind: 'record', ...own.names, doc: textOf(json['doc']), fields }
  // Before its fields, which may refer to it.
  named.set(node.name, node)
  for (const field of json['fields'] as readonly Json[]) {
    fields.push({
      name: String(field['name']),
      aliases: textsOf(field['aliases']),
      doc: textOf(field['doc']),
      fallback: field['default'] === undefined ? undefined : JSON.stringify(field['default']),
      type: nodeOf(field['type'], own.namespace, named),
    })
  }
  return node
}

function enumOf(json: Json, namespace: string): EnumNode {
  const { names } = nameOf(json, namespace)
  return {
    kind: 'enum',
    ...names,
    symbols: textsOf(json['symbols']),
    hasDefault: json['default'] !== undefined,
  }
}

function fixedOf(json: Json, namespace: string): FixedNode {
  const { names } = nameOf(json, namespace)
  return { kind: 'fixed', ...names, size: Number(json['size']), logicalType: textOf(json['logicalType']) }
}

function nameOf(json: Json, enclosing: string) {
  const name = fullName(String(json['name']), textOf(json['namespace']) ?? enclosing)
  const namespace = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  const aliases = textsOf(json['aliases']).map((alias) => fullName(alias, namespace))
  return { namespace, names: { name, aliases } }
}

function fullName(name: string, namespace: string): string {
  return name.includes('.') || namespace === '' ? name : `${namespace}.${name}`
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}

/** A type in a few words, without what is inside of records: `null or long`, `list of Descriptor`. */
export function outlineOf(node: SchemaNode): string {
  switch (node.kind) {
    case 'union':
      return node.branches.map(outlineOf).join(' or ')
    case 'array':
      return `list of ${outlineOf(node.items)}`
    case 'map':
      return `map of ${outlineOf(node.values)}`
    case 'fixed':
      return `${shortName(node.name)} (${node.size} bytes)`
    case 'primitive':
      return node.name
    default:
      return shortName(node.name)
  }
}

/** Without the namespace. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}
