import {
  type EnumNode,
  type FieldNode,
  outlineOf,
  type RecordNode,
  type SchemaNode,
  schemaTree,
  shortName,
} from './schema-tree.ts'

/** One thing that is different between two schemas. */
export interface SchemaChange {
  /** Names of fields, joined by dots; the name of the record for what concerns the whole. */
  readonly at: string
  readonly kind: SchemaChangeKind
  /** In a few words; absent for what was not there. */
  readonly before?: string
  readonly after?: string
}

export type SchemaChangeKind =
  | 'added'
  | 'removed'
  | 'renamed'
  | 'order'
  | 'retyped'
  | 'logical-type'
  | 'default'
  | 'symbols'
  | 'aliases'
  | 'doc'

/**
 * What is different in `after`, in the order of its fields. Types that are defined in one place and used in others are
 * compared once, where they come first. White space, the order of members and attributes of tools do not count.
 *
 * Pure. @throws SyntaxError if one is not JSON.
 */
export function schemaDiff(before: string, after: string): readonly SchemaChange[] {
  const diff = new Diff()
  diff.types(schemaTree(before), schemaTree(after), '')
  return diff.changes
}

const sentences: Readonly<Record<SchemaChangeKind, (change: SchemaChange) => string>> = {
  added: ({ after }) => `added, ${after}`,
  removed: ({ before }) => `removed, was ${before}`,
  renamed: ({ before, after }) => `renamed from ${before} to ${after}`,
  order: ({ before, after }) => `order of fields was ${before}, is ${after}`,
  retyped: ({ before, after }) => `type was ${before}, is ${after}`,
  'logical-type': (change) => `logical type ${wasIs(change)}`,
  default: (change) => `default ${wasIs(change)}`,
  symbols: ({ before, after }) => `symbols were ${before}, are ${after}`,
  aliases: (change) => `aliases: ${wasIs(change)}`,
  doc: (change) => `doc ${wasIs(change)}`,
}

/** A line for people: `target.size: type was null or long, is null or string`. */
export function describeChange(change: SchemaChange): string {
  return `${change.at}: ${sentences[change.kind](change)}`
}

function wasIs({ before, after }: SchemaChange): string {
  return `was ${before ?? 'none'}, is ${after ?? 'none'}`
}

class Diff {
  readonly changes: SchemaChange[] = []
  readonly #compared = new Map<SchemaNode, Set<SchemaNode>>()

  /** @param outlined the difference in outline was told already, for a union that both are in */
  types(before: SchemaNode, after: SchemaNode, at: string, outlined = false): void {
    if (this.#isKnown(before, after)) return
    const areRecords = before.kind === 'record' && after.kind === 'record'
    if (!outlined && !areRecords)
      this.#add(at || wholeOf(after), 'retyped', outlineOf(before), outlineOf(after))
    if (before.kind === 'union' || after.kind === 'union') this.#branches(before, after, at)
    else if (before.kind === 'record' && after.kind === 'record') this.#records(before, after, at)
    else if (before.kind === 'enum' && after.kind === 'enum') this.#enums(before, after, at)
    else if (before.kind === 'array' && after.kind === 'array')
      this.types(before.items, after.items, at, true)
    else if (before.kind === 'map' && after.kind === 'map') this.types(before.values, after.values, at, true)
    else this.#add(at || wholeOf(after), 'logical-type', logicalTypeOf(before), logicalTypeOf(after))
  }

  #isKnown(before: SchemaNode, after: SchemaNode): boolean {
    if (before.kind !== 'record') return false
    const known = this.#compared.get(before) ?? new Set()
    if (known.has(after)) return true
    this.#compared.set(before, known.add(after))
    return false
  }

  /** Branches belong together that look the same, then those of one kind, such as records of two names. */
  #branches(before: SchemaNode, after: SchemaNode, at: string): void {
    const left = [...branchesOf(after)]
    const unmatched = branchesOf(before).filter((branch) => {
      const index = left.findIndex((other) => outlineOf(other) === outlineOf(branch))
      const [other] = index < 0 ? [] : left.splice(index, 1)
      if (other !== undefined) this.types(branch, other, at, true)
      return other === undefined
    })
    for (const branch of unmatched) {
      if (branch.kind === 'primitive') continue
      const index = left.findIndex(({ kind }) => kind === branch.kind)
      const [other] = index < 0 ? [] : left.splice(index, 1)
      if (other !== undefined) this.types(branch, other, at, true)
    }
  }

  #records(before: RecordNode, after: RecordNode, at: string): void {
    const whole = at || shortName(after.name)
    this.#add(whole, 'renamed', before.name, after.name)
    this.#add(whole, 'doc', before.doc, after.doc)
    this.#add(whole, 'aliases', listed(before.aliases), listed(after.aliases))
    const place = (field: FieldNode): string => (at === '' ? field.name : `${at}.${field.name}`)
    const was = new Map(before.fields.map((field) => [field.name, field]))
    const is = new Map(after.fields.map((field) => [field.name, field]))
    for (const field of before.fields) {
      if (!is.has(field.name)) this.#add(place(field), 'removed', outlineOf(field.type), undefined)
    }
    for (const field of after.fields) {
      const old = was.get(field.name)
      if (old === undefined) this.#add(place(field), 'added', undefined, addedText(field))
      else this.#fields(old, field, place(field))
    }
    const orderBefore = before.fields.filter(({ name }) => is.has(name)).map(({ name }) => name)
    const orderAfter = after.fields.filter(({ name }) => was.has(name)).map(({ name }) => name)
    this.#add(whole, 'order', orderBefore.join(', '), orderAfter.join(', '))
  }

  #fields(before: FieldNode, after: FieldNode, at: string): void {
    this.types(before.type, after.type, at)
    this.#add(at, 'default', before.fallback, after.fallback)
    this.#add(at, 'aliases', listed(before.aliases), listed(after.aliases))
    this.#add(at, 'doc', before.doc, after.doc)
  }

  #enums(before: EnumNode, after: EnumNode, at: string): void {
    this.#add(at, 'symbols', listed(before.symbols), listed(after.symbols))
  }

  /** Nothing, where both are the same. */
  #add(at: string, kind: SchemaChangeKind, before: string | undefined, after: string | undefined): void {
    if (before === after) return
    this.changes.push({
      at,
      kind,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
    })
  }
}

function branchesOf(node: SchemaNode): readonly SchemaNode[] {
  return node.kind === 'union' ? node.branches : [node]
}

function logicalTypeOf(node: SchemaNode): string | undefined {
  return node.kind === 'primitive' || node.kind === 'fixed' ? node.logicalType : undefined
}

function wholeOf(node: SchemaNode): string {
  return 'name' in node ? shortName(node.name) : outlineOf(node)
}

function listed(names: readonly string[]): string | undefined {
  return names.length === 0 ? undefined : names.join(', ')
}

function addedText({ type, fallback }: FieldNode): string {
  return `${outlineOf(type)}, ${fallback === undefined ? 'without default' : `default ${fallback}`}`
}
