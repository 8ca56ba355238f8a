import { branchesOf, type JsonSchema } from './json-schema.ts'

/** True for a map with keys that are known. */
export function isBlock(schema: JsonSchema): boolean {
  return schema.properties !== undefined
}

/** True when there are blocks in it: itself, one of several, or elements of a list. */
export function hasBlock(schema: JsonSchema): boolean {
  if (isSecret(schema)) return false
  return branchesOf(schema).some(
    (branch) => isBlock(branch) || (branch.items !== undefined && hasBlock(branch.items)),
  )
}

/** What may stand at a key, for a reader: `whole number, 1 to 65535`. `block` is the link to the keys of what is below it. */
export function typeText(key: string, schema: JsonSchema, block: string): string {
  if (isSecret(schema)) return 'secret'
  const texts = branchesOf(schema).map((branch) => oneText(key, branch, block))
  return [...new Set(texts)].join(', or ')
}

function oneText(key: string, schema: JsonSchema, block: string): string {
  if (isSecret(schema)) return 'secret'
  if (schema.enum !== undefined) return schema.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (isBlock(schema)) return block
  switch (schema.type) {
    case 'array':
      return schema.items === undefined ? 'list' : `list of ${plural(key, schema.items, block)}`
    case 'object':
      return typeof schema.additionalProperties === 'object'
        ? `for each name: ${typeText(key, schema.additionalProperties, block)}`
        : 'map'
    case 'boolean':
      return '`true`, `false`'
    case 'integer':
      return `whole number${boundsText(schema)}`
    case 'number':
      return `number${boundsText(schema)}`
    default:
      return textText(key, schema)
  }
}

function boundsText({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  if (exclusiveMinimum !== undefined)
    return `, above ${exclusiveMinimum}${maximum === undefined ? '' : `, up to ${maximum}`}`
  if (minimum === undefined) return maximum === undefined ? '' : `, up to ${maximum}`
  return maximum === undefined ? `, ${minimum} or more` : `, ${minimum} to ${maximum}`
}

function textText(key: string, { format, pattern, maxLength }: JsonSchema): string {
  if (format === 'uri') return 'URL'
  if (key.endsWith('File') || key === 'folder') return 'path'
  if (pattern !== undefined) return `text: \`${pattern.replaceAll('\\/', '/')}\``
  return maxLength === undefined ? 'text' : `text of up to ${maxLength} characters`
}

function plural(key: string, items: JsonSchema, block: string): string {
  if (isSecret(items)) return 'secrets'
  if (hasBlock(items)) return block
  const text = typeText(key, items, block)
  return /^text\b/.test(text) ? 'texts' : text
}

/** A text, or the name of the file that holds it. */
function isSecret({ anyOf = [] }: JsonSchema): boolean {
  return anyOf.some(({ properties }) => Object.keys(properties ?? {}).join() === 'file')
}

/** A default as it would be written in the file, and large numbers once more as somebody would say them. */
export function valueText(key: string, value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : `\`${JSON.stringify(value)}\``
  if (value === '') return 'empty'
  const said = typeof value === 'number' ? saidText(key, value) : undefined
  return said === undefined ? `\`${String(value)}\`` : `\`${String(value)}\` (${said})`
}

function saidText(key: string, value: number): string | undefined {
  const minutes = value / 60_000
  if (key.endsWith('Ms')) return minutes >= 1 && Number.isInteger(minutes) ? `${minutes} min` : undefined
  if (!key.endsWith('Bytes')) return undefined
  const units = ['GiB', 'MiB', 'KiB']
  const at = [3, 2, 1].findIndex((power) => value % 1024 ** power === 0)
  return at === -1 ? undefined : `${value / 1024 ** (3 - at)} ${units[at]}`
}
