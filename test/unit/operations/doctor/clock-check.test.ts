import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Seen } from '../../../../src/operations/doctor/check.ts'
import { clockCheck } from '../../../../src/operations/doctor/clock-check.ts'

async function see(...aheadMs: readonly number[]): Promise<Seen | undefined> {
  const clocks = aheadMs.map((ms, index) => ({ where: `server-${index}`, aheadMs: ms }))
  return (await clockCheck([], () => clocks).run())[0]
}

test('clocks that agree within what HTTP can tell are well', async () => {
  assert.equal((await see(900, -2_900))?.text, 'our clock agrees with that of server-0, server-1')
})

test('a clock that differs is named with by how much, and whether others agree with ours', async () => {
  const seen = await see(0, 45_000)
  assert.equal(seen?.state, 'warning')
  assert.equal(seen?.text, 'server-1 is 45 s ahead of us; the others agree with us')
  assert.equal((await see(-600_000))?.text, 'server-0 is 10 min behind us')
})

test('a clock of ours that is ahead by more than Kafka takes is an error', async () => {
  assert.equal((await see(-2 * 3_600_000, -2 * 3_600_000))?.state, 'error')
  assert.equal((await see(2 * 3_600_000))?.state, 'warning')
})

test('where nobody told the time that is said', async () => {
  assert.equal((await see())?.state, 'note')
})
