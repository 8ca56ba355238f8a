import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type TestContext, test } from 'node:test'
import { ownEnvironment } from '../../support/own-environment.ts'

const minimal = 'kafka: { brokers: "h:1" }\nschemaRegistry: { url: "http://h/" }\n'

interface End {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The program in a folder of its own with these files. */
function folderWith(
  t: TestContext,
  files: Readonly<Record<string, string>>,
): (words: string, environment?: Readonly<Record<string, string>>) => End {
  const folder = mkdtempSync(join(tmpdir(), 'relay-config-command-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return (words, environment = {}) =>
    spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), resolve('src/cli/main.ts'), ...words.split(' ')],
      { cwd: folder, encoding: 'utf8', env: { ...ownEnvironment(), ...environment } },
    )
}

test('check says ok and what is worth knowing, and with --json the same for programs', (t) => {
  const run = folderWith(t, { 'registry-relay.yaml': `${minimal}gateway: { host: 0.0.0.0 }\n` })
  const { status, stdout, stderr } = run('config check')
  assert.deepEqual([status, stderr], [0, ''])
  assert.match(
    stdout,
    /^ok: registry-relay\.yaml\nwarning: registry-relay\.yaml:3:18: "gateway\.host": everybody/,
  )
  const json = JSON.parse(run('config check --json').stdout)
  assert.deepEqual([json.ok, json.file, json.findings], [true, 'registry-relay.yaml', []])
  assert.equal(json.remarks[0].level, 'warning')
})

test('check says everything that is wrong at once and exits with 78', (t) => {
  const run = folderWith(t, { 'other.yaml': `${minimal}gateway: { prot: 1 }\n` })
  const environment = { REGISTRY_RELAY_CONFIG: 'other.yaml', REGISTRY_RELAY_LOGGING__LEVEL: 'loud' }
  const { status, stdout, stderr } = run('config check --set gateway.port=-1', environment)
  assert.equal(status, 78)
  assert.deepEqual(stdout.trimEnd().split('\n'), [
    'other.yaml:3:12: unknown key "gateway.prot"; "port" was meant?',
    'REGISTRY_RELAY_LOGGING__LEVEL: must be debug, info, warn, error or silent',
    '--set gateway.port: must be a port, 0 to 65535',
  ])
  assert.match(stderr, /3 findings/)
  const json = run('config check --json --set gateway.port=-1', environment)
  assert.equal(json.status, 78)
  assert.deepEqual(JSON.parse(json.stdout).findings.at(-1), {
    place: '--set gateway.port',
    message: 'must be a port, 0 to 65535',
  })
})

test('check says which variables set nothing though they look like it, also of a wrong configuration', (t) => {
  const run = folderWith(t, { 'registry-relay.yaml': 'schemaRegistry: { url: "http://h/" }\n' })
  const note =
    /^note: REGISTRY_RELAY_KAFKA_BROKERS: sets nothing; REGISTRY_RELAY_KAFKA__BROKERS was meant\?$/m
  const { status, stdout } = run('config check', { REGISTRY_RELAY_KAFKA_BROKERS: 'h:1' })
  assert.equal(status, 78)
  assert.match(stdout, note)
  assert.match(
    run('config check --set kafka.brokers=h:1', { REGISTRY_RELAY_KAFKA_BROKERS: 'h:1' }).stdout,
    note,
  )
})

test('a template that was not filled in is a finding, and not a warning of the parser', (t) => {
  const run = folderWith(t, { 'registry-relay.yaml': `${minimal}gateway:\n  port: {{ .Values.port }}\n` })
  const { status, stdout, stderr } = run('config check')
  assert.equal(status, 78)
  assert.match(stdout, /^registry-relay\.yaml:4:10: a key must be a text/)
  assert.doesNotMatch(stderr, /Warning/)
  const setting = run('config check --set gateway.limits={{x}}')
  assert.doesNotMatch(setting.stderr, /Warning/)
})

test('check also finds what is wrong with the files and addresses that are named', (t) => {
  const run = folderWith(t, {
    'registry-relay.yaml': `${minimal}bridge:\n  endpoints:\n    - { name: a, url: "https://h/", tls: { caFile: none.pem } }\n    - { name: b, url: "http://169.254.169.254/" }\n`,
  })
  const { status, stdout } = run('config check')
  assert.equal(status, 78)
  assert.match(
    stdout,
    /^registry-relay\.yaml:5:52: "bridge\.endpoints\.a\.tls\.caFile": there is no file .*none\.pem\n/,
  )
  assert.match(stdout, /\nregistry-relay\.yaml:6:23: "bridge\.endpoints\.b\.url": .*not allowed/)
})

test('without a configuration check and show say where was looked', (t) => {
  const run = folderWith(t, {})
  for (const command of ['check', 'show']) {
    const { status, stdout, stderr } = run(`config ${command}`)
    assert.equal(status, 78)
    assert.match(
      `${stdout}${stderr}`,
      /REGISTRY_RELAY_CONFIG is not set, and there is no registry-relay\.yaml/,
    )
  }
})

test('show prints every value with its source, --changed those that are not default, in columns or as JSON', (t) => {
  const written = `${minimal}gateway: { host: 127.0.0.1 }\nspool: { folder: registry-relay-spool }\n`
  const run = folderWith(t, { 'registry-relay.yaml': written })
  const whole = run('config show --set schemaRegistry.token=canary')
  assert.equal(whole.status, 0)
  assert.match(whole.stdout, /^kafka\.brokers +\[h:1\] +registry-relay\.yaml:1$/m)
  assert.match(whole.stdout, /^gateway\.host +127\.0\.0\.1 +registry-relay\.yaml:3$/m)
  assert.match(whole.stdout, /^gateway\.port +8080 +default$/m)
  assert.match(whole.stdout, /^schemaRegistry\.token +\[secret\] +--set$/m)
  assert.doesNotMatch(whole.stdout, /canary/)
  assert.ok(!whole.stdout.includes('\u001b'))
  const changed = JSON.parse(run('config show --changed --json').stdout)
  assert.deepEqual(changed, [
    { path: 'kafka.brokers', value: ['h:1'], source: 'registry-relay.yaml:1' },
    { path: 'schemaRegistry.url', value: 'http://h/', source: 'registry-relay.yaml:2' },
  ])
})

test('show of a wrong configuration shows what it can, says what is wrong, and exits with 78', (t) => {
  const run = folderWith(t, { 'registry-relay.yaml': `${minimal}gateway: { port: eighty }\n` })
  const { status, stdout, stderr } = run('config show')
  assert.equal(status, 78)
  assert.match(stdout, /^gateway\.port +eighty +registry-relay\.yaml:3$/m)
  assert.equal(stderr, 'registry-relay.yaml:3:18: "gateway.port": must be a number, not a text\n')
})

test('a name of a file that somebody else chose cannot move the cursor, in what check and show say', (t) => {
  const run = folderWith(t, { 'x\u001b[2J\u202e.yaml': `${minimal}odd: 1\n` })
  const finding = /^x\\x1b\[2J\\u\{202e\}\.yaml:3:1: unknown key "odd"/
  assert.match(run('config check -c x\u001b[2J\u202e.yaml').stdout, finding)
  assert.match(run('config show -c x\u001b[2J\u202e.yaml').stderr, finding)
})
