import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { deadLinks, wrongFiles } from '../../scripts/package-files.ts'
import { KafkaAdmin } from '../../src/kafka/kafkajs/admin.ts'
import { createKafka } from '../../src/kafka/kafkajs/client.ts'
import { relayTopics } from '../../src/kafka/topics.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { noTelemetry } from '../../src/telemetry.ts'

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

test('the packed tarball, installed in an empty folder: every entry point loads, and the command runs the demo', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'relay-package-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const inFolder = (command: string, ...parameters: string[]): string =>
    execFileSync(command, parameters, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  const packing = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], {
    encoding: 'utf8',
  })
  const [packed] = JSON.parse(packing) as [Packed]
  const paths = packed.files.map(({ path }) => path)
  assert.deepEqual(wrongFiles(paths), [])
  assert.deepEqual(
    deadLinks(paths, (path) => readFileSync(path, 'utf8')),
    [],
  )

  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  const install = ['install', '--no-audit', '--no-fund', '--ignore-scripts', `./${packed.filename}`]
  const { stderr, status } = spawnSync('npm', install, { cwd: folder, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  assert.doesNotMatch(stderr, /EBADENGINE/, 'what it brings runs on every Node.js that it runs on')
  assert.ok(existsSync(join(folder, 'node_modules/registry-relay/package.json')))

  const load = `
    const [main, kafka, testing] = await Promise.all(['registry-relay', 'registry-relay/kafka', 'registry-relay/testing'].map((name) => import(name)))
    console.log(JSON.stringify([typeof main.encodeEnvelope, typeof main.SinkClosedError, typeof kafka.KafkaSink, typeof kafka.EventDecoder, typeof kafka.TopicBridge, typeof testing.startLocalStack]))`
  assert.equal(
    inFolder('node', '--input-type=module', '--eval', load).trim(),
    JSON.stringify(Array(6).fill('function')),
  )

  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const admin = new KafkaAdmin(createKafka({ brokers: stack.brokers }, noTelemetry))
  t.after(() => admin.close())
  await admin.ensureTopics(relayTopics({ replicationFactor: 1 }))
  writeFileSync(
    join(folder, 'library.mjs'),
    readmeProgram()
      .replace('127.0.0.1:9092', stack.brokers.join())
      .replace('http://127.0.0.1:8081', stack.schemaRegistryUrl),
  )
  assert.match(
    inFolder('node', 'library.mjs'),
    /topic: 'registry\.events\.v1',\s+partition: \d+,\s+offset: '\d+',\s+schemaId: \d+/,
  )

  assert.match(inFolder('npx', 'registry-relay', '--version'), /^\d+\.\d+\.\d+\s*$/)
  const main = join(folder, 'node_modules/registry-relay/dist/cli/main.js')
  const commands = commandsOf(main)
  for (const command of [
    'demo',
    'serve',
    'bridge',
    'receiver',
    'topics plan',
    'schema register',
    'dlq redrive',
  ]) {
    assert.ok(commands.includes(command), `--help leads to ${command}`)
  }

  // The bundle of the command has a kafkajs of its own, with our patches in it. Would it look for another one it would fail now.
  renameSync(join(folder, 'node_modules/kafkajs'), join(folder, 'kafkajs-aside'))
  const lines = inFolder('npx', 'registry-relay', 'demo', '--once', '--json')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { ready?: boolean; delivered?: boolean; identical?: boolean })
  assert.equal(lines[0]?.ready, true)
  const delivered = lines.filter((line) => line.delivered === true)
  assert.ok(delivered.length >= 10, `${delivered.length} delivered`)
  assert.ok(delivered.every((line) => line.identical === true))

  for (const [command, ready] of [
    ['serve', '"schema id resolved"'],
    ['bridge', '"bridge runs"'],
  ] as const) {
    await assertNoWarning(folder, [main, command, '--config', 'quiet.json'], ready, {
      kafka: { brokers: stack.brokers },
      topics: { replicationFactor: 1 },
      schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register' },
      gateway: { port: 0 },
      bridge: { group: randomUUID(), endpoints: [{ name: 'nobody', url: 'http://127.0.0.1:1/' }] },
      management: { port: 0 },
      logging: { format: 'json', level: 'debug' },
    })
  }
})

/** Every command that `--help` leads to, each asked for its own help: `dlq`, `dlq list` and so on. */
function commandsOf(main: string, words: readonly string[] = []): string[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--trace-warnings', main, ...words, '--help'],
    { encoding: 'utf8' },
  )
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 }, words.join(' '))
  const [, list = ''] = stdout.split('\nCommands:\n')
  const names = [...list.matchAll(/^ {2}([a-z][\w-]*)/gm)].flatMap(([, name = '']) =>
    name === 'help' ? [] : [name],
  )
  return names.flatMap((name) => [[...words, name].join(' '), ...commandsOf(main, [...words, name])])
}

/** Starts a service of the package, waits until a line of its log holds `ready`, and stops it. */
async function assertNoWarning(
  folder: string,
  parameters: readonly string[],
  ready: string,
  config: object,
): Promise<void> {
  writeFileSync(join(folder, 'quiet.json'), JSON.stringify(config))
  const child = spawn(process.execPath, ['--trace-warnings', ...parameters], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'exit')
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  let stdout = ''
  child.stdout.on('data', (chunk: Buffer) => {
    const before = stdout.includes(ready)
    stdout += chunk
    // Once: a second signal would be impatience.
    if (!before && stdout.includes(ready)) child.kill('SIGTERM')
  })
  const [status] = await ended
  assert.deepEqual({ stderr, status }, { stderr: '', status: 0 }, stdout)
}

/** The library example of the README, as it stands there. */
function readmeProgram(): string {
  const [, program] = /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? []
  assert.ok(program)
  return program
}
