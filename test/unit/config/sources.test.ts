import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import type { Config } from '../../../src/config/config.ts'
import { isConfigured, loadConfig } from '../../../src/config/load.ts'
import { isRelayError } from '../../../src/errors.ts'
import { minimal } from './parsing.ts'

/** A folder that is the working folder as long as the test lasts. */
function folderFor(t: TestContext): string {
  const before = process.cwd()
  const folder = mkdtempSync(join(tmpdir(), 'relay-sources-'))
  process.chdir(folder)
  t.after(() => {
    process.chdir(before)
    rmSync(folder, { recursive: true })
  })
  return process.cwd()
}

function refusal(load: () => Config): string {
  try {
    load()
  } catch (error) {
    assert.ok(isRelayError(error, 'CONFIG_INVALID'))
    return error.message
  }
  assert.fail('the configuration was accepted')
}

const withPort = (port: number): string => `${minimal}gateway: { port: ${port} }\n`

test('the flag names the file, else the variable, else it is registry-relay.yaml in the working folder', (t) => {
  folderFor(t)
  writeFileSync('registry-relay.yaml', withPort(1))
  writeFileSync('variable.yaml', withPort(2))
  writeFileSync('flag.yaml', withPort(3))
  const environment = { REGISTRY_RELAY_CONFIG: 'variable.yaml' }
  assert.equal(loadConfig({ file: 'flag.yaml', settings: [] }, environment).gateway.port, 3)
  assert.equal(loadConfig({ settings: [] }, environment).gateway.port, 2)
  assert.equal(loadConfig({ settings: [] }, { REGISTRY_RELAY_CONFIG: '' }).gateway.port, 1)
  assert.equal(loadConfig({ settings: [] }, {}).gateway.port, 1)
})

test('without any file the message says where was looked, and where the example is', (t) => {
  const example = join(process.cwd(), 'examples/registry-relay.yaml')
  folderFor(t)
  assert.equal(
    refusal(() => loadConfig({ settings: [] }, {})),
    `no configuration: no --config was given, REGISTRY_RELAY_CONFIG is not set, and there is no registry-relay.yaml in this folder; ${example} is one to begin with`,
  )
})

test('an example below the working folder is named as it is typed there', () => {
  assert.equal(
    refusal(() => loadConfig({ file: 'nowhere.yaml', settings: [] }, {})),
    'nowhere.yaml: there is no such file; examples/registry-relay.yaml is one to begin with',
  )
})

test('a variable that names no file is said to be what names it', (t) => {
  folderFor(t)
  assert.match(
    refusal(() => loadConfig({ settings: [] }, { REGISTRY_RELAY_CONFIG: 'nowhere.yaml' })),
    /^nowhere\.yaml: REGISTRY_RELAY_CONFIG names this file, and there is no such file/,
  )
})

test('settings can stand for the whole file; paths are relative to the working folder then', (t) => {
  const folder = folderFor(t)
  writeFileSync('token', 't0ken\n')
  const config = loadConfig(
    { settings: ['kafka.brokers=a:1,b:2', 'schemaRegistry.token={ file: token }'] },
    { REGISTRY_RELAY_SCHEMA_REGISTRY__URL: 'http://h/' },
  )
  assert.deepEqual(config.kafka.brokers, ['a:1', 'b:2'])
  assert.equal(config.schemaRegistry.token?.reveal(), 't0ken')
  assert.equal(config.schemaRegistry.token?.file, join(folder, 'token'))
  assert.equal(config.spool.folder, join(folder, 'registry-relay-spool'))
})

test('a flag beats a variable, a variable beats the file, and the file beats the default', (t) => {
  folderFor(t)
  writeFileSync('relay.yaml', `${minimal}gateway: { port: 1, host: file }\nspool: { warnAgeMs: 9 }\n`)
  const source = { file: 'relay.yaml', settings: ['gateway.port=3'] }
  const environment = { REGISTRY_RELAY_GATEWAY__PORT: '2', REGISTRY_RELAY_GATEWAY__HOST: 'variable' }
  const { gateway, spool } = loadConfig(source, environment)
  assert.deepEqual([gateway.port, gateway.host, spool.warnAgeMs], [3, 'variable', 9])
  assert.equal(gateway.path, '/notifications')
})

test('a list that is set takes the place of the whole list in the file', (t) => {
  folderFor(t)
  writeFileSync(
    'relay.yaml',
    `${minimal}bridge: { endpoints: [{ name: a, url: "http://a/" }, { name: b, url: "http://b/" }] }\n`,
  )
  const settings = ['bridge.endpoints=[{ name: c, url: "http://c/" }]']
  const { endpoints } = loadConfig({ file: 'relay.yaml', settings }, {}).bridge
  assert.deepEqual(
    endpoints.map(({ name }) => name),
    ['c'],
  )
})

test('a variable that the file asks for stays what it is', (t) => {
  folderFor(t)
  writeFileSync('relay.yaml', `${minimal}gateway:\n  port: \${PORT:8}\n`)
  assert.equal(loadConfig('relay.yaml', { PORT: '7' }).gateway.port, 7)
  assert.equal(
    loadConfig({ file: 'relay.yaml', settings: ['gateway.port=9'] }, { PORT: '7' }).gateway.port,
    9,
  )
})

test('what is no file of text says so', (t) => {
  folderFor(t)
  mkdirSync('folder')
  writeFileSync('binary.yaml', Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]))
  writeFileSync('latin.yaml', Buffer.concat([Buffer.from(minimal), Buffer.from([0xe9])]))
  assert.equal(
    refusal(() => loadConfig('folder', {})),
    'folder: this is a folder; name the file in it',
  )
  assert.match(
    refusal(() => loadConfig('binary.yaml', {})),
    /^binary\.yaml: this is no text/,
  )
  assert.match(
    refusal(() => loadConfig('latin.yaml', {})),
    /^latin\.yaml:3: this line is not UTF-8/,
  )
})

test('the first line of an editor and a byte order mark are no mistakes', (t) => {
  folderFor(t)
  writeFileSync('relay.yaml', `\ufeff# yaml-language-server: $schema=./config.schema.json\n${withPort(5)}`)
  assert.equal(loadConfig('relay.yaml', {}).gateway.port, 5)
})

test('it is known whether there is a configuration, also where it cannot be read', (t) => {
  folderFor(t)
  const none = { settings: [] }
  assert.equal(isConfigured(none, { PATH: '/bin', REGISTRY_RELAY_CONFIG: '' }), false)
  assert.equal(isConfigured(none, { REGISTRY_RELAY_CONFIG: 'missing.yaml' }), true)
  assert.equal(isConfigured(none, { REGISTRY_RELAY_KAFKA__BROKERS: 'k:1' }), true)
  assert.equal(isConfigured({ settings: ['kafka.brokers=k:1'] }, {}), true)
  assert.equal(isConfigured({ file: 'missing.yaml', settings: [] }, {}), true)
  writeFileSync('registry-relay.yaml', minimal)
  assert.equal(isConfigured(none, {}), true)
})
