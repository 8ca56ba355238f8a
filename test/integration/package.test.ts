import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
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
  for (const needed of [
    'samples/notifications.jsonl',
    'schemas/registry-event.v1.avsc',
    'examples/registry-relay.yaml',
    'LICENSE',
  ]) {
    assert.ok(paths.includes(needed), `${needed} is in the tarball`)
  }
  assert.ok(
    paths.filter((path) => path.endsWith('pom.xml')).length >= 3,
    'the pom.xml files are in the tarball',
  )
  assert.deepEqual(
    paths.filter((path) => /^(src|test|scripts|bench)\//.test(path)),
    [],
  )

  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }')
  inFolder('npm', 'install', '--no-audit', '--no-fund', '--ignore-scripts', `./${packed.filename}`)
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
  assert.match(inFolder('npx', 'registry-relay', '--help'), /demo.*\n[\s\S]*serve[\s\S]*bridge/)

  const lines = inFolder('npx', 'registry-relay', 'demo', '--once', '--json')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { ready?: boolean; delivered?: boolean; identical?: boolean })
  assert.equal(lines[0]?.ready, true)
  const delivered = lines.filter((line) => line.delivered === true)
  assert.ok(delivered.length >= 10, `${delivered.length} delivered`)
  assert.ok(delivered.every((line) => line.identical === true))
})

/** The library example of the README, as it stands there. */
function readmeProgram(): string {
  const [, program] = /```ts\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8')) ?? []
  assert.ok(program)
  return program
}
