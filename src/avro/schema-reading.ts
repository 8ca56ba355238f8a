import {
  type EnumNode,
  type FieldNode,
  type FixedNode,
  outlineOf,
  type RecordNode,
  type SchemaNode,
  schemaTree,
  shortName,
} from './schema-tree.ts'

/** What a value of a primitive type may be read as beside itself, by the rules of the Avro specification. */
const promotions: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
}

/**
 * Why somebody with the schema `reader` cannot read what was written with `writer`, by Avro's rules of schema resolution:
 * one reason for each place. None: the list is empty.
 *
 * Names of records are compared without their namespace, as the specification allows and registries do.
 *
 * Pure. @throws SyntaxError if one is not JSON.
 */
export function readingFaults(reader: string, writer: string): readonly string[] {
  return new Reading().faults(schemaTree(reader), schemaTree(writer), '')
}

class Reading {
  /** Pairs that are being compared: where one comes again inside itself, it holds if the rest does. */
  readonly #open = new Map<SchemaNode, Set<SchemaNode>>()

  faults(reader: SchemaNode, writer: SchemaNode, at: string): readonly string[] {
    if (writer.kind === 'union') return writer.branches.flatMap((branch) => this.faults(reader, branch, at))
    if (reader.kind === 'union') return this.#oneOf(reader.branches, writer, at)
    if (reader.kind === 'record' && writer.kind === 'record') return this.#records(reader, writer, at)
    if (reader.kind === 'enum' && writer.kind === 'enum') return enumFaults(reader, writer, at)
    if (reader.kind === 'fixed' && writer.kind === 'fixed') return fixedFaults(reader, writer, at)
    if (reader.kind === 'array' && writer.kind === 'array') return this.faults(reader.items, writer.items, at)
    if (reader.kind === 'map' && writer.kind === 'map') return this.faults(reader.values, writer.values, at)
    if (reader.kind === 'primitive' && writer.kind === 'primitive') {
      const { name } = writer
      if (reader.name === name || promotions[name]?.includes(reader.name)) return []
    }
    return [`${at || 'the schema'}: ${outlineOf(writer)} cannot be read as ${outlineOf(reader)}`]
  }

  /** The branch of the same kind and name says best what is wrong, if it is wrong. */
  #oneOf(branches: readonly SchemaNode[], writer: SchemaNode, at: string): readonly string[] {
    const attempts = branches.map((branch) => ({ branch, faults: this.faults(branch, writer, at) }))
    if (attempts.some(({ faults }) => faults.length === 0)) return []
    const like = attempts.find(({ branch }) => branch.kind === writer.kind && writer.kind !== 'primitive')
    if (like !== undefined) return like.faults
    return [`${at || 'the schema'}: ${outlineOf(writer)} is none of ${branches.map(outlineOf).join(', ')}`]
  }

  #records(reader: RecordNode, writer: RecordNode, at: string): readonly string[] {
    if (!sameName(reader, writer)) return [misnamed(reader, writer, at)]
    const open = this.#open.get(reader) ?? new Set()
    if (open.has(writer)) return []
    this.#open.set(reader, open.add(writer))
    try {
      return reader.fields.flatMap((field) => this.#field(field, writer, at))
    } finally {
      open.delete(writer)
    }
  }

  #field(field: FieldNode, writer: RecordNode, at: string): readonly string[] {
    const place = at === '' ? field.name : `${at}.${field.name}`
    const names = [field.name, ...field.aliases]
    const written = writer.fields.find(({ name }) => names.includes(name))
    if (written !== undefined) return this.faults(field.type, written.type, place)
    return field.fallback === undefined ? [`${place}: was not written, and has no default`] : []
  }
}

function enumFaults(reader: EnumNode, writer: EnumNode, at: string): readonly string[] {
  if (!sameName(reader, writer)) return [misnamed(reader, writer, at)]
  const unknown = writer.symbols.filter((symbol) => !reader.symbols.includes(symbol))
  if (unknown.length === 0 || reader.hasDefault) return []
  return [`${at || 'the schema'}: no symbol ${unknown.join(', ')}, and no default`]
}

function fixedFaults(reader: FixedNode, writer: FixedNode, at: string): readonly string[] {
  if (sameName(reader, writer) && reader.size === writer.size) return []
  return [`${at || 'the schema'}: ${outlineOf(writer)} cannot be read as ${outlineOf(reader)}`]
}

interface Named {
  readonly name: string
  readonly aliases: readonly string[]
}

function sameName(reader: Named, writer: Named): boolean {
  return shortName(reader.name) === shortName(writer.name) || reader.aliases.includes(writer.name)
}

function misnamed(reader: Named, writer: Named, at: string): string {
  return `${at || 'the schema'}: ${writer.name} is not ${reader.name}`
}
