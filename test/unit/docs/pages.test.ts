import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { renewed } from '../../../scripts/docs/page.ts'
import { pages } from '../../../scripts/docs/pages.ts'

for (const page of pages) {
  const { file, marker } = page
  test(`${file} is what npm run docs writes`, () => {
    const now = readFileSync(file, 'utf8')
    assert.equal(now, renewed(page, now))
  })

  if (marker === undefined) continue
  test(`what somebody writes into the made part of ${file} is found out, and what stands around it is left alone`, () => {
    const now = readFileSync(file, 'utf8')
    const spoiled = `before ${now.replace(`<!-- ${marker} end -->`, `by hand\n<!-- ${marker} end -->`)} after`
    assert.equal(renewed(page, spoiled), `before ${now} after`)
    assert.throws(() => renewed(page, now.replace(`<!-- ${marker} end -->`, '')), {
      message: `${file} has no place for ${marker}`,
    })
  })
}
