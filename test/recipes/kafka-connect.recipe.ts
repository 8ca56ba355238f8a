import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { test } from 'node:test'
import { freePorts } from '../../src/local-stack/free-ports.ts'
import { recipeBlock } from '../support/recipe.ts'
import { until } from '../support/until.ts'
import { filledTopic } from './filled-topic.ts'
import { mavenJars } from './maven-jars.ts'

test('kafka-connect: the sink writes every event of the topic into its file', async (t) => {
  const topic = await filledTopic(t)
  const jars = await mavenJars('kafka-connect')
  const folder = mkdtempSync(join(tmpdir(), 'relay-connect-'))
  const [port = 0] = await freePorts(1)
  const written = join(folder, 'registry-events.txt')

  const worker = recipeBlock('kafka-connect', 'worker.properties', {
    'kafka:9092': topic.brokers,
    'http://schema-registry:8080/apis/registry/v2': topic.schemaRegistryUrl.replace(
      'ccompat/v7',
      'registry/v2',
    ),
    '/opt/connect-plugins': dirname(dirname(jars[0] ?? '')),
    '/var/lib/connect/offsets': join(folder, 'offsets'),
    'http://127.0.0.1:8083': `http://127.0.0.1:${port}`,
  })
  const sink = recipeBlock('kafka-connect', 'file-sink.properties', {
    'registry.events.v1': topic.name,
    '/var/lib/connect/registry-events.txt': written,
  })
  const files = Object.entries({ worker, sink }).map(([name, text]) => {
    const file = join(folder, `${name}.properties`)
    writeFileSync(file, text)
    return file
  })

  const connect = spawn(
    'java',
    [
      '-Xmx512m',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=info',
      '-cp',
      jars.join(delimiter),
      'org.apache.kafka.connect.cli.ConnectStandalone',
      ...files,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const exited = once(connect, 'exit')
  t.after(async () => {
    connect.kill('SIGKILL')
    await exited
    rmSync(folder, { recursive: true, force: true })
  })
  let log = ''
  connect.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  const lines = (): string[] =>
    existsSync(written) ? (readFileSync(written, 'utf8').match(/^Struct\{id=.*$/gm) ?? []) : []
  await until(() => lines().length >= topic.events.length, {
    ms: 240_000,
    what: () => `${lines().length} of ${topic.events.length} events in the file\n${log.slice(-3_000)}`,
  })
  assert.deepEqual(
    lines()
      .map((line) => /^Struct\{id=([^,]*)/.exec(line)?.[1])
      .toSorted(),
    topic.events.map(({ id }) => id).toSorted(),
  )
})
