import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { recipeBlock } from '../support/recipe.ts'
import { filledTopic } from './filled-topic.ts'
import { mavenJars } from './maven-jars.ts'
import { pushByOtherVersion } from './other-version.ts'

/** What Flink's own scripts open of Java 17. */
const opened = ['lang', 'lang.reflect', 'io', 'net', 'nio', 'text', 'time', 'util', 'util.concurrent']

test('flink: the SQL client reads every column of the topic, of two versions of the schema, and answers the question', async (t) => {
  const topic = await filledTopic(t)
  await pushByOtherVersion(topic, 'old/app', 'old')
  const jars = await mavenJars('flink')
  const folder = mkdtempSync(join(tmpdir(), 'relay-flink-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'config.yaml'), 'execution.target: local\nparallelism.default: 1\n')
  const table = recipeBlock('flink-sql', 'Flink table', {
    'registry.events.v1': topic.name,
    'kafka:9092': topic.brokers,
    'http://schema-registry:8081': topic.schemaRegistryUrl,
  })
  // What has no end is only planned, and the copy without a database: no more is seen of them.
  const stream = recipeBlock('flink-sql', 'Flink stream').replace('\nSELECT ', '\nEXPLAIN SELECT ')
  const copy = recipeBlock('flink-sql', 'Flink copy')
    .replace(/WITH \([^)]*\)/, "WITH ('connector' = 'blackhole')")
    .replace('INSERT INTO', 'EXPLAIN INSERT INTO')
  const script = join(folder, 'recipe.sql')
  writeFileSync(
    script,
    [table, recipeBlock('flink-sql', 'Flink question'), everyColumn(), stream, copy].join('\n'),
  )

  const { stdout } = await promisify(execFile)(
    'java',
    [
      '-Xmx1g',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=error',
      ...opened.map((name) => `--add-opens=java.base/java.${name}=ALL-UNNAMED`),
      '-cp',
      jars.join(delimiter),
      'org.apache.flink.table.client.SqlClient',
      'embedded',
      '--file',
      script,
      '--history',
      join(folder, 'history'),
    ],
    { env: { ...process.env, FLINK_CONF_DIR: folder }, timeout: 200_000, maxBuffer: 64 * 1024 * 1024 },
  )
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
  const pushes = rows
    .filter(([, action]) => action === 'push')
    .map(([, , repository, tag]) => `${repository}:${tag}`)
  assert.deepEqual(pushes, ['old/app:old', ...topic.taggedPushes], stdout)
  assert.ok(
    rows.some(([, all]) => all === `${topic.events.length + 1} events read`),
    stdout,
  )
  assert.equal(stdout.match(/== Optimized Execution Plan ==/g)?.length, 2, stdout)
})

/** A question that makes Flink read all there is in every record. */
function everyColumn(): string {
  const columns = [...recipeBlock('flink-sql', 'Flink table').matchAll(/^ {2}`(\w+)` (?!.*METADATA)/gm)].map(
    ([, name]) => `\`${name}\``,
  )
  return `
SELECT CAST(COUNT(*) AS STRING) || ' events read' FROM (
  SELECT DISTINCT ${columns.map((name) => `CAST(${name} AS STRING)`).join(', ')}
  FROM registry_events /*+ OPTIONS('scan.bounded.mode' = 'latest-offset') */
);
`
}
