import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { knownActions } from '../../src/config/known-actions.ts'
import { configSchema } from '../../src/config/schema.ts'
import { describe } from './described.ts'
import { DocComments } from './doc-comments.ts'
import { branchesOf, type JsonSchema } from './json-schema.ts'
import { notificationsSchema } from './notifications-schema.ts'
import { withReferences } from './references.ts'

/** Where the interfaces are: `config.ts`, `gateway-config.ts` … */
const folder = 'src/config'

/** Keys of the file whose values have another name in the interfaces, which have several URLs where the file may have one. */
const renamed: ReadonlyMap<string, string> = new Map([['schemaRegistry.url', 'urls']])

/** What the relay adds to what it read. */
const notInFile: ReadonlySet<string> = new Set(['bridge.disabledEndpoints', 'bridge.notes', 'bridge.remarks'])

/**
 * The configuration file as a JSON Schema: the rules of zod with the words of the interfaces.
 * Throws when a key has no words, or when rules and interfaces do not have the same keys.
 */
export function describedConfig(): JsonSchema {
  const schema = rules()
  // Read by the rules of a registry's decoder, and so unknown to those of this file.
  const { notifications: _, ...properties } = schema.properties ?? {}
  const relay = { ...schema, properties }
  const sources = readdirSync(folder).filter((name) => /^(?:.*-)?config\.ts$/.test(name))
  const comments = new DocComments(sources.map((name) => join(folder, name)))
  describe(relay, comments.shapeOf('Config'), { renamed, notInFile })
  return { ...relay, properties: { ...properties, notifications: notificationsSchema } }
}

/** The same for an editor, which sees the file before variables are in it. */
export function configJsonSchema(): JsonSchema {
  const { $schema, ...schema } = withReferences(describedConfig())
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: 'Configuration of registry-relay',
    ...schema,
  }
}

function rules(): JsonSchema {
  const schema = z.toJSONSchema(configSchema, {
    io: 'input',
    // What editors' language servers for YAML know best.
    target: 'draft-07',
    unrepresentable: 'any',
    reused: 'inline',
    override({ zodSchema, jsonSchema, path }) {
      const schema = jsonSchema as JsonSchema
      // The only class among the rules is that of secrets: what the loader makes of a file's name.
      if (zodSchema._zod.def.type === 'custom') Object.assign(schema, secretFile)
      if (path.at(-2) === 'actions' && path.at(-1) === 'items') schema.enum = [...knownActions]
      if (schema.format === 'uri') schema.pattern = '^[Hh][Tt][Tt][Pp][Ss]?:'
      if (schema.exclusiveMinimum === 0 && schema.type === 'integer') {
        delete schema.exclusiveMinimum
        schema.minimum = 1
      }
      if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum
    },
  }) as JsonSchema
  settleBlocks(schema)
  return schema
}

/**
 * To zod a block that is not there is `{}`. That is no default that an editor should write: the block must be there when one of
 * its keys must, and else may also stand there with all keys commented out.
 */
function settleBlocks(schema: JsonSchema): void {
  for (const branch of branchesOf(schema)) {
    if (branch.items !== undefined) settleBlocks(branch.items)
    for (const [key, property] of Object.entries(branch.properties ?? {})) {
      settleBlocks(property)
      if (property.properties === undefined || property.default === undefined) continue
      delete property.default
      if (property.required === undefined) property.type = ['object', 'null']
      else branch.required = [...(branch.required ?? []), key]
    }
  }
}

const secretFile: JsonSchema = {
  type: 'object',
  properties: {
    file: {
      type: 'string',
      minLength: 1,
      description: 'File that holds the secret and nothing else, relative to the configuration file.',
    },
  },
  required: ['file'],
  additionalProperties: false,
}
