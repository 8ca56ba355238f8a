import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'

const folder = 'test/integration/promises'

/** The sections of the first part of the page. */
function promises(): readonly string[] {
  const page = readFileSync('docs/guarantees.md', 'utf8')
  const [, first = ''] = page.split(/^# .*$/m)
  return [...first.matchAll(/^## (.+)$/gm)].map(([, name = '']) => name)
}

function fileOf(promise: string): string {
  return `${promise
    .toLowerCase()
    .replaceAll(/[^a-z ]/g, '')
    .replaceAll(' ', '-')}.test.ts`
}

test('each of the nine promises is proved by a test with its name, and no other test is among them', () => {
  assert.equal(promises().length, 9)
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.ts'))
  assert.deepEqual(files.toSorted(), promises().map(fileOf).toSorted())
  for (const promise of promises()) {
    const text = readFileSync(`${folder}/${fileOf(promise)}`, 'utf8')
    assert.deepEqual(
      [...text.matchAll(/^test\('(.+)', async/gm)].map(([, name]) => name),
      [promise],
    )
  }
})

test('the page of metrics says of each promise what shows that it is broken', () => {
  const metrics = readFileSync('docs/metrics.md', 'utf8')
  for (const promise of promises()) assert.ok(metrics.includes(`| ${promise} |`), promise)
})
