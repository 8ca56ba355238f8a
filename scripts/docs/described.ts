import { defaultIn, names } from './default-sentence.ts'
import type { Shape } from './doc-comments.ts'
import { branchesOf, type JsonSchema } from './json-schema.ts'

export interface Differences {
  /** Path in the file (`a.b`, `a.list[].c`) to the name of the member. */
  readonly renamed: ReadonlyMap<string, string>
  /** Paths of members that no file has. */
  readonly notInFile: ReadonlySet<string>
}

/**
 * Puts the words of the interfaces into a schema, key by key, and holds the two against each other. Throws with everything
 * that does not agree: keys that only one of the two has, values without words, defaults that are not the stated ones.
 */
export function describe(schema: JsonSchema, shape: Shape, differences: Differences): void {
  const faults: string[] = []
  walk(schema, shape, '')
  if (faults.length > 0) throw new Error(faults.join('\n'))

  function walk(node: JsonSchema, described: Shape, path: string): void {
    if (described.kind === 'list') {
      for (const { items } of branchesOf(node))
        if (items !== undefined) walk(items, described.of, `${path}[]`)
    } else if (described.kind === 'either') {
      for (const branch of branchesOf(node).filter(hasKeys)) {
        const found = described.of.find((one) => isSame(branch, one))
        if (found === undefined)
          faults.push(`${path}: no interface has the keys ${keysOf(branch).join(', ')}`)
        else walk(branch, found, path)
      }
    } else if (described.kind === 'keys') {
      const block = branchesOf(node).find(hasKeys)
      if (block === undefined) faults.push(`${path}: the rules know no keys, the interface does`)
      else walkKeys(block, described, path)
    }
  }

  function walkKeys(block: JsonSchema, { comment, members }: Shape & { kind: 'keys' }, path: string): void {
    const words = [block.description ?? '', path === '' ? '' : comment].filter((text) => text !== '')
    if (words.length > 0) block.description = words.join(' ')
    const known = new Set<string>()
    for (const [key, property] of Object.entries(block.properties ?? {})) {
      const below = path === '' ? key : `${path}.${key}`
      const name = differences.renamed.get(below) ?? key
      const member = members.get(name)
      known.add(name)
      if (member === undefined) {
        faults.push(`${below}: the interface has no such member`)
        continue
      }
      if (member.comment !== '') property.description = wordsOf(property, member.comment, below)
      if (member.examples.length > 0) property.examples = [...member.examples]
      walk(property, member.shape, below)
      const isValue = member.shape.kind === 'value' || member.shape.kind === 'list'
      if (isValue && property.description === undefined) faults.push(`${below}: has no doc comment`)
    }
    for (const name of members.keys()) {
      const below = path === '' ? name : `${path}.${name}`
      if (!known.has(name) && !differences.notInFile.has(below)) faults.push(`${below}: no rule reads it`)
    }
  }

  /** Where the rules know the default, the words are told apart from it: an editor shows both. */
  function wordsOf(property: JsonSchema, comment: string, path: string): string {
    const { stated, meaning } = defaultIn(comment)
    if (property.default === undefined || stated === undefined) return comment
    if (!names(stated, property.default))
      faults.push(`${path}: says the default is ${stated}, the rule has ${JSON.stringify(property.default)}`)
    return meaning
  }
}

function hasKeys(schema: JsonSchema): boolean {
  return schema.properties !== undefined
}

function keysOf({ properties = {} }: JsonSchema): readonly string[] {
  return Object.keys(properties).toSorted()
}

function isSame(branch: JsonSchema, shape: Shape): boolean {
  return shape.kind === 'keys' && [...shape.members.keys()].toSorted().join() === keysOf(branch).join()
}
