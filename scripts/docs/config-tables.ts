import { variableFor } from '../../src/config/read-settings.ts'
import { defaultIn } from './default-sentence.ts'
import { branchesOf, type JsonSchema } from './json-schema.ts'
import { hasBlock, isBlock, typeText, valueText } from './type-text.ts'

/** A table of the blocks of a described configuration, then one of the keys of each. */
export function configTables(schema: JsonSchema): string {
  const blocks = Object.entries(schema.properties ?? {})
  const overview = blocks.map(([key, block]) => `| ${linkTo(key)} | ${cell(firstSentence(block))} |`)
  return [
    ['| block | meaning |', '|---|---|', ...overview].join('\n'),
    ...blocks.flatMap(([key, block]) => sections(block, key)),
  ].join('\n\n')
}

/** The variable that sets this key; none inside lists, which are set as a whole, nor in a registry's own block. */
function variableOf(path: string): string | undefined {
  return path.includes('[]') || path.startsWith('notifications') ? undefined : variableFor(path.split('.'))
}

function sections(property: JsonSchema, path: string): string[] {
  const tables = branchesOf(property)
    .flatMap((branch) => (branch.items === undefined ? [branch] : branchesOf(branch.items)))
    .filter(isBlock)
  const place = listed(property) ? `${path}[]` : path
  const title = `### \`${place}\``
  const bodies = tables.flatMap((table, index) => {
    const words = wordsOf(table)
    const intro = tables.length === 1 ? words : `${index === 0 ? 'Either' : 'Or'}: ${words}`
    return [...(intro === '' ? [] : [intro]), tableOf(table, place)]
  })
  const below = tables.flatMap((table) =>
    Object.entries(table.properties ?? {}).flatMap(([key, one]) =>
      hasBlock(one) && !isInlined(one) ? sections(one, `${place}.${key}`) : [],
    ),
  )
  return [title, ...bodies, ...below]
}

function tableOf(block: JsonSchema, path: string): string {
  const withVariables = variableOf(path) !== undefined
  const head = ['key', 'type', 'default', 'meaning', ...(withVariables ? ['variable'] : [])]
  const rows = rowsOf(block, path, '').map((row) => `| ${row.slice(0, head.length).join(' | ')} |`)
  return [`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows].join('\n')
}

function rowsOf(block: JsonSchema, path: string, prefix: string): string[][] {
  return Object.entries(block.properties ?? {}).flatMap(([key, property]) => {
    const place = `${path}.${key}`
    if (isInlined(property)) return rowsOf(property, place, `${prefix}${key}.`)
    const below = hasBlock(property) ? linkTo(`${place}${listed(property) ? '[]' : ''}`) : ''
    const variable = branchesOf(property).every(isBlock) ? undefined : variableOf(place)
    const required = block.required?.includes(key) ?? false
    return [
      [
        `\`${prefix}${key}\``,
        typeText(key, property, below),
        required ? '**required**' : defaultText(key, property),
        isBlock(property) ? firstSentence(property) : wordsOf(property),
        variable === undefined ? '' : `\`${variable}\``,
      ].map(cell),
    ]
  })
}

function defaultText(key: string, property: JsonSchema): string {
  if (property.default !== undefined) return valueText(key, property.default)
  const { stated } = defaultIn(property.description ?? '')
  // What a block is by default, its keys say.
  return stated ?? (isBlock(property) ? '' : 'none')
}

/** The default has a column of its own. */
function wordsOf({ description = '' }: JsonSchema): string {
  return defaultIn(description).meaning
}

function firstSentence(property: JsonSchema): string {
  return wordsOf(property).replace(/(?<=\.) .*/, '')
}

/** A block without words of its own is no more than a part of the names of its keys. */
function isInlined(property: JsonSchema): boolean {
  return isBlock(property) && property.description === undefined
}

function listed(property: JsonSchema): boolean {
  return branchesOf(property).some(({ items }) => items !== undefined && branchesOf(items).some(isBlock))
}

function linkTo(path: string): string {
  return `[\`${path}\`](#${path.toLowerCase().replaceAll(/[^a-z0-9]/g, '')})`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
