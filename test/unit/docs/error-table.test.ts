import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorTable } from '../../../scripts/docs/error-table.ts'
import { errorCodes } from '../../../src/errors.ts'

const rows = errorTable()
  .split('\n')
  .slice(2)
  .map((row) => row.split(' | '))

test('every code has its row, with sentences about what it means and what to do', () => {
  assert.deepEqual(
    rows.map(([code = '']) => code.replace(/^\| `(.*)`$/, '$1')),
    Object.keys(errorCodes).toSorted(),
  )
  for (const [code, , , meaning = '', action = ''] of rows) {
    assert.match(meaning, /^[A-Z][^|]{20,}\.$/, code)
    assert.match(action, /^[A-Z][^|]{15,}\. \|$/, code)
  }
})

test('the exit status is the one that a command ends with, and none where nothing ends', () => {
  const exits = new Map(rows.map(([code = '', , exit]) => [code.replace(/^\| `(.*)`$/, '$1'), exit]))
  assert.equal(exits.get('CONFIG_INVALID'), '78')
  assert.equal(exits.get('REAL_PARTS_MISSING'), '78')
  assert.equal(exits.get('KAFKA_UNAVAILABLE'), '1')
  assert.equal(exits.get('LEADER_MOVED'), '–')
})
