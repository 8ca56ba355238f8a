import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brokenConfigNames, brokenConfigs, findingsOf } from '../../support/broken-configs.ts'

// What is expected changes by `node --import tsx scripts/broken-configs.ts --write`, after the new texts were read.
for (const name of brokenConfigNames()) {
  test(`${name} is refused with a text that says where it is wrong and what to do`, () => {
    assert.equal(findingsOf(name), readFileSync(join(brokenConfigs, `${name}.txt`), 'utf8'))
  })
}

test('there are more than forty of them, and of each something is said', () => {
  assert.ok(brokenConfigNames().length > 40)
  assert.deepEqual(
    brokenConfigNames().filter((name) => findingsOf(name).trim() === ''),
    [],
  )
})

test('no text repeats a secret of its file', () => {
  for (const name of brokenConfigNames()) assert.doesNotMatch(findingsOf(name), /hunter/, name)
})

test('every expected text belongs to a configuration', () => {
  const strays = readdirSync(brokenConfigs)
    .filter((file) => file.endsWith('.txt'))
    .filter((file) => !brokenConfigNames().includes(file.replace(/\.txt$/, '')))
  assert.deepEqual(strays, [])
  assert.ok(existsSync(join(brokenConfigs, 'secrets')))
})
