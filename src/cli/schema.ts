import { withSchemaRegistry } from '../app/schema-registry.ts'
import type { Config } from '../config/config.ts'
import { loadConfig } from '../config/load.ts'
import { checkSubjects } from '../operations/check-schema.ts'
import { registerSubjects } from '../operations/register-schema.ts'
import { readSchema, subjectsOf } from '../operations/schema-subjects.ts'
import { type ShownVersion, showId, showVersion } from '../operations/show-schema.ts'
import { type ConfigOptions, configSource } from './config-options.ts'
import { exitCode } from './failure.ts'
import { namedCommands } from './named-commands.ts'
import { checkText, registerText, showText } from './schema-human.ts'
import { checkJson, registerJson, showJson } from './schema-json.ts'
import { tell } from './tell.ts'

interface SchemaCommandOptions extends ConfigOptions {
  readonly json?: boolean
}

export interface SchemaCheckOptions extends SchemaCommandOptions {
  readonly schema?: string
  readonly lint: boolean
}

export interface SchemaRegisterOptions extends SchemaCommandOptions {
  readonly schema?: string
  readonly setCompatibility?: string
  readonly lint: boolean
}

export interface SchemaShowOptions extends SchemaCommandOptions {
  readonly subject?: string
  readonly version: number | 'latest'
  readonly id?: number
}

/** `registry-relay schema check`. */
export async function schemaCheck(options: SchemaCheckOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const schema = readSchema(options.schema)
  const subjects = subjectsOf(config, schema.name)
  const found = await withSchemaRegistry(config.schemaRegistry, (client) =>
    checkSubjects(client, schema, subjects),
  )
  const checks = options.lint ? found : found.map((check) => ({ ...check, lint: [] }))
  const ok = checks.every(({ state, lint }) => state !== 'incompatible' && lint.length === 0)
  const { name, fingerprint } = schema
  console.log(
    options.json === true
      ? checkJson({ name, fingerprint }, checks, ok)
      : namedCommands(checkText({ name, fingerprint }, registryOf(config), checks), options),
  )
  return ok ? exitCode.success : exitCode.failure
}

/** `registry-relay schema register`. */
export async function schemaRegister(options: SchemaRegisterOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const schema = readSchema(options.schema)
  const subjects = subjectsOf(config, schema.name)
  const registrations = await withSchemaRegistry(config.schemaRegistry, (client) =>
    registerSubjects(client, schema, subjects, { level: options.setCompatibility, lint: options.lint }),
  )
  const { name, fingerprint } = schema
  console.log(
    options.json === true
      ? registerJson({ name, fingerprint }, registrations)
      : registerText({ name, fingerprint }, registryOf(config), registrations),
  )
  const refused = registrations.some(({ outcome }) => outcome === 'refused')
  return refused ? exitCode.failure : exitCode.success
}

/** `registry-relay schema show`. */
export async function schemaShow(options: SchemaShowOptions): Promise<number> {
  const config = loadConfig(configSource(options))
  const { id, version, json = false } = options
  if (id !== undefined) {
    const shown = await withSchemaRegistry(config.schemaRegistry, (client) => showId(client, id))
    console.log(json ? showJson([shown]) : showText([shown]))
    return exitCode.success
  }
  const subjects =
    options.subject === undefined
      ? subjectsOf(config, readSchema().name).map(({ subject }) => subject)
      : [options.subject]
  const found = await withSchemaRegistry(config.schemaRegistry, async (client) => {
    const versions: (ShownVersion | undefined)[] = []
    for (const subject of subjects) versions.push(await showVersion(client, subject, version))
    return versions
  })
  const shown = found.filter((one) => one !== undefined)
  if (json || shown.length > 0) console.log(json ? showJson(shown) : showText(shown))
  const missing = subjects.filter((_, index) => found[index] === undefined)
  for (const subject of missing) {
    const what = version === 'latest' ? 'no version' : `no version ${version}`
    tell(`subject ${subject} has ${what} in the schema registry`)
  }
  return missing.length === 0 ? exitCode.success : exitCode.failure
}

function registryOf({ schemaRegistry }: Config): string {
  return schemaRegistry.urls.join(', ')
}
