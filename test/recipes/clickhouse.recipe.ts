import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pythonWithPackages } from '../support/python.ts'
import { readRecords } from '../support/read-records.ts'
import { recipeBlock } from '../support/recipe.ts'
import { filledTopic } from './filled-topic.ts'

interface Row {
  readonly [column: string]: string | number
}

test('clickhouse: every column is read from the records, and the table has each event once', async (t) => {
  const topic = await filledTopic(t)
  const folder = mkdtempSync(join(tmpdir(), 'relay-clickhouse-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const records = join(folder, 'records.avro')
  const values = (await readRecords(topic.brokers.split(','), topic.name)).map(({ value }) => value)
  writeFileSync(records, Buffer.concat(values))

  const { stdout, stderr, status } = spawnSync(
    pythonWithPackages('python-clickhouse-requirements.txt'),
    ['test/recipes/clickhouse.py'],
    {
      input: JSON.stringify({
        queue: recipeBlock('clickhouse', 'ClickHouse queue', {
          'kafka:9092': topic.brokers,
          'registry.events.v1': topic.name,
          'http://schema-registry:8081': topic.schemaRegistryUrl,
        }),
        table: recipeBlock('clickhouse', 'ClickHouse table'),
        view: recipeBlock('clickhouse', 'ClickHouse view'),
        question: recipeBlock('clickhouse', 'ClickHouse question'),
        records,
        schemaRegistryUrl: topic.schemaRegistryUrl,
      }),
      encoding: 'utf8',
    },
  )
  assert.equal(status, 0, stderr)
  const [byAction = [], pushes = []] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row[])
  const wanted = new Map<string, number>()
  for (const { action = '' } of topic.events) wanted.set(action, (wanted.get(action) ?? 0) + 1)
  assert.deepEqual(
    new Map(byAction.map(({ action, events }) => [action, Number(events)])),
    new Map([...wanted].toSorted()),
  )
  assert.deepEqual(
    pushes.map(({ repository, tag }) => `${repository}:${tag}`),
    topic.taggedPushes,
  )
})
