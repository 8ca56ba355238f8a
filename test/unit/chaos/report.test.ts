import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChaosReport, reportLine, reportTable, rowOf, verdictOf } from '../../chaos/report.ts'

const good: ChaosReport = {
  scenario: 'K4',
  mode: 'spool',
  seed: 7,
  counts: {
    ...{ events: 2_000, ok: 1_990, info: 12, fail: 30, records: 1_992, duplicates: 2 },
    ...{ duplicatesExplained: 5, kills: 0, longestGapWithoutOk: 3_400 },
  },
  ...{ faults: 5, retries: 40, rebuilds: 1, remarks: ['recovered in 1.0 s'] },
  ...{ violations: [], problems: [], invalid: [], passed: true },
}

test('a line of a run has its seed and all its figures', () => {
  assert.equal(
    reportLine(good),
    'K4 spool: passed; seed 7, 2000 events, 1990 acked, 12 info, 5 faults, 40 retries, 1 rebuilds, 2 duplicates (5 explained), longest gap 3400 ms, recovered in 1.0 s',
  )
})

test('a broken promise is told from a run that went wrong, and from one that proves nothing', () => {
  const failed = { ...good, passed: false }
  const violations = [{ invariant: 'order', message: 'x comes after y' }] as const
  assert.equal(verdictOf({ ...failed, violations, problems: ['stuck'], invalid: ['too few'] }), 'BROKEN')
  assert.equal(verdictOf({ ...failed, problems: ['stuck'], invalid: ['too few'] }), 'FAILED')
  assert.equal(verdictOf({ ...failed, invalid: ['too few'] }), 'INVALID')
})

test('the table has a row for each run, in columns', () => {
  const lines = reportTable([rowOf(good), rowOf({ ...good, scenario: 'K12-raised', mode: 'kafka' })]).split(
    '\n',
  )
  assert.equal(lines.length, 3)
  const modes = lines.map((line) => line.split(/ {2,}/)[1])
  assert.deepEqual(modes, ['mode', 'spool', 'kafka'])
  const [first, second, third] = lines.map((line) => line.search(/mode|spool|kafka/))
  assert.ok(first === second && second === third, lines.join('\n'))
})
