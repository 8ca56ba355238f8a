import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { Ajv } from 'ajv'
import { parse as parseYaml } from 'yaml'
import { configJsonSchema, describedConfig } from '../../../scripts/docs/config-schema.ts'
import { branchesOf, type JsonSchema } from '../../../scripts/docs/json-schema.ts'
import { withoutEmptyBlocks } from '../../../src/config/empty-blocks.ts'
import { configSchema } from '../../../src/config/schema.ts'

const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(
  configJsonSchema(),
)

/** What the schema finds wrong; empty when nothing. */
function faults(config: unknown): readonly string[] {
  validate(config)
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

const minimal = { kafka: { brokers: 'h:1' }, schemaRegistry: { url: 'http://h/' } }

test('the example, which is also what docker compose runs, is valid before any variable is in it', () => {
  const compose = readFileSync('docker-compose.yml', 'utf8')
  assert.match(compose, /"--config", "\/etc\/registry-relay\/registry-relay\.yaml"/)
  assert.match(readFileSync('Dockerfile', 'utf8'), /examples\/registry-relay\.yaml/)
  const example = readFileSync('examples/registry-relay.yaml', 'utf8')
  assert.match(example, /\$\{KAFKA_REPLICATION_FACTOR:3\}/)
  assert.deepEqual(faults(parseYaml(example)), [])
})

test('a copy of the example beside node_modules, as the README makes it, leads an editor to the schema', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-example-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(resolve(), join(folder, 'node_modules/registry-relay'))
  const [, from = ''] = /^cp (\S+\/registry-relay\.yaml) \. /m.exec(readFileSync('README.md', 'utf8')) ?? []
  copyFileSync(join(folder, from), join(folder, 'registry-relay.yaml'))

  const [first = ''] = readFileSync(join(folder, 'registry-relay.yaml'), 'utf8').split('\n')
  const [, path = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? []
  assert.deepEqual(JSON.parse(readFileSync(join(folder, path), 'utf8')), configJsonSchema())
  const documented = readFileSync('docs/configuration.md', 'utf8').split('\n')
  assert.ok(documented.includes(first), first)
})

test('an unknown key and a value of another type are wrong', () => {
  assert.deepEqual(faults(minimal), [])
  assert.deepEqual(faults({ ...minimal, gateway: { prot: 1 } }), [
    '/gateway must NOT have additional properties',
  ])
  assert.ok(faults({ ...minimal, gateway: { port: 'http' } }).length > 0)
  assert.ok(faults({ ...minimal, gateway: { port: 65_536 } }).length > 0)
  assert.ok(faults({ kafka: {}, schemaRegistry: minimal.schemaRegistry }).length > 0)
})

test('a variable may stand in place of a number, a switch, one of several words and a URL, a file in place of a secret', () => {
  const reference = '${NAME:default}'
  const config = {
    kafka: {
      brokers: reference,
      tls: reference,
      sasl: { mechanism: reference, username: 'u', password: { file: 'p' } },
    },
    schemaRegistry: { url: reference, mode: reference },
    gateway: {
      port: reference,
      strict: reference,
      redact: { rules: [{ pointer: reference, action: reference }] },
    },
    bridge: { endpoints: [{ name: reference, url: reference, headers: { A: [{ file: 'a' }, 'b'] } }] },
  }
  assert.deepEqual(faults(config), [])
})

test('every value has words', () => {
  const without: string[] = []
  visit(describedConfig(), '', (path, { description = '' }) => {
    if (description.length < 10) without.push(path)
  })
  assert.deepEqual(without, [])
})

test('every example of a value may stand at its key', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false })
  const wrong: string[] = []
  let examples = 0
  visit(describedConfig(), '', (path, value) => {
    for (const example of value.examples ?? []) {
      examples++
      if (!ajv.validate(value, example)) wrong.push(`${path}: ${JSON.stringify(example)}`)
    }
  })
  assert.deepEqual(wrong, [])
  assert.ok(examples > 15, `${examples} examples`)
})

test('the example shows every key', () => {
  const example = readFileSync('examples/registry-relay.yaml', 'utf8')
  const missing = new Set<string>()
  visit({ ...describedConfig(), description: '' }, '', (path) => {
    const key = path.split('.').at(-1)?.replace('[]', '') ?? ''
    if (!path.startsWith('notifications') && !new RegExp(`\\b${key}:`).test(example)) missing.add(path)
  })
  assert.deepEqual([...missing], [])
})

/** Values of every kind. */
const pool: readonly unknown[] = [
  ...[null, true, '', 'x', 'x y', 'pull', 'http://h', 'ftp://h', -1, 0, 1, 1.5, 2 ** 40],
  ...[[], [1], ['x'], [''], [null], {}, { x: 1 }, { x: 'y' }, { x: ['y', ''] }],
]

/** Those, and what the schema itself names, with what lies beside its bounds. */
function valuesFor(schema: JsonSchema): readonly unknown[] {
  const { enum: words = [], const: word = words[0], default: fallback, minimum = 0, maximum = 0 } = schema
  return [...pool, ...words, word, fallback, minimum - 1, minimum, maximum, maximum + 1].filter(
    (value) => value !== undefined,
  )
}

/** What else a block needs, beside the key that is looked at. */
const samples: Readonly<Record<string, unknown>> = {
  ...minimal,
  brokers: 'h:1',
  url: 'http://h/',
  tokenUrl: 'http://h/',
  mechanism: 'plain',
  clientId: 'c',
  clientSecret: 's',
  bearer: 'b',
  username: 'u',
  password: 'p',
  name: 'n',
  topic: 't',
  pointer: '/p',
  action: 'drop',
  certificateFile: 'c',
  keyFile: 'k',
  secrets: [`whsec_${'A'.repeat(32)}`],
}

test('the schema and the rules agree about every key and every kind of value', () => {
  const differing: string[] = []
  let compared = 0
  const compare = (path: string, value: unknown, config: unknown): void => {
    const given = value === null ? withoutEmptyBlocks(config) : config
    const { success, error } = configSchema.safeParse(given, { reportInput: false })
    const place = `${path} = ${JSON.stringify(value)}`
    const wrong = faults(config)
    compared++
    if (success && wrong.length > 0) differing.push(`${place}: only the schema refuses: ${wrong.join()}`)
    // What no schema can say: rules about several keys, and what a URL is.
    const issues = (error?.issues ?? []).filter(
      (issue) => issue.code !== 'custom' && !(issue.code === 'invalid_format' && issue.format === 'url'),
    )
    if (wrong.length === 0 && issues.length > 0)
      differing.push(`${place}: only the rules refuse: ${JSON.stringify(issues)}`)
  }

  const walk = (schema: JsonSchema, path: string, put: (value: unknown) => unknown): void => {
    for (const value of valuesFor(schema)) compare(path, value, put(value))
    for (const branch of branchesOf(schema)) {
      if (branch.items !== undefined) walk(branch.items, `${path}[]`, (value) => put([value]))
      const { properties = {}, required = [] } = branch
      const others = Object.fromEntries(required.map((key) => [key, sampleFor(key, properties[key])]))
      for (const [key, property] of Object.entries(properties)) {
        // The loader puts the secret in its place, before the rules see it.
        if (key !== 'file') walk(property, `${path}.${key}`, (value) => put({ ...others, [key]: value }))
      }
    }
  }
  const { properties: { notifications: _, ...properties } = {}, ...root } = describedConfig()
  walk({ ...root, properties }, '', (config) => config)
  assert.deepEqual(differing, [])
  assert.ok(compared > 4_000, `${compared} compared`)
})

function sampleFor(key: string, schema: JsonSchema | undefined): unknown {
  return schema?.const ?? samples[key]
}

function visit(schema: JsonSchema, path: string, seen: (path: string, value: JsonSchema) => void): void {
  for (const branch of branchesOf(schema)) {
    if (branch.items?.properties !== undefined || branch.items?.anyOf !== undefined)
      visit(branch.items, `${path}[]`, seen)
    for (const [key, property] of Object.entries(branch.properties ?? {})) {
      const below = path === '' ? key : `${path}.${key}`
      if (property.properties === undefined) seen(below, property)
      visit(property, below, seen)
    }
  }
}
