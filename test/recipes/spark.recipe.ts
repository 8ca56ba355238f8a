import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { pythonWithPackages } from '../support/python.ts'
import { recipeBlock } from '../support/recipe.ts'
import { filledTopic } from './filled-topic.ts'
import { mavenJars } from './maven-jars.ts'
import { pushByOtherVersion } from './other-version.ts'

test('spark: the program finds the pushes of tags by the schemas that the records were written with', async (t) => {
  const topic = await filledTopic(t)
  await pushByOtherVersion(topic, 'old/app', 'old')
  const python = pythonWithPackages('python-spark-requirements.txt')
  const jars = await mavenJars('spark')
  const folder = mkdtempSync(join(tmpdir(), 'relay-spark-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'registry_events.py')
  writeFileSync(
    program,
    recipeBlock('spark', 'registry_events.py', {
      'registry.events.v1': topic.name,
      'kafka:9092': topic.brokers,
      'http://schema-registry:8081': topic.schemaRegistryUrl,
    }),
  )
  // What spark-submit makes of --packages, for a machine whose Maven reaches what its Ivy would not.
  const submit = `--master local[1] --driver-memory 1g --conf spark.ui.enabled=false --conf spark.sql.shuffle.partitions=1 --jars ${jars.join()} pyspark-shell`
  const { stdout } = await promisify(execFile)(python, [program], {
    cwd: folder,
    env: { ...process.env, PYSPARK_SUBMIT_ARGS: submit },
    timeout: 240_000,
    maxBuffer: 64 * 1024 * 1024,
  })
  const rows = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { repository: string; tag: string; key: string })
  assert.deepEqual(
    rows.map(({ repository, tag }) => `${repository}:${tag}`),
    ['old/app:old', ...topic.taggedPushes],
  )
  for (const { key, repository } of rows) assert.equal(key, repository)
})
