import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Round } from '../../../src/topic-bridge/round.ts'

test('the first refusal ends the round for every handler inside, and is what all of them rethrow', () => {
  const round = new Round()
  const told: string[] = []
  round.enter(() => told.push('a'))
  round.enter(() => told.push('b'))
  const reason = new Error('rebalance')
  round.end(reason)
  round.end(new Error('later'))
  assert.deepEqual(told, ['a', 'b'])
  assert.equal(round.ended, true)
  assert.equal(round.reason, reason)
})

test('a new round begins when the last handler has left, and not before', () => {
  const round = new Round()
  const leaveFirst = round.enter(() => {})
  const leaveSecond = round.enter(() => {})
  round.end(new Error('rebalance'))
  leaveFirst()
  assert.equal(round.ended, true)
  leaveSecond()
  assert.equal(round.ended, false)
  assert.equal(round.reason, undefined)
})

test('a closed round stays ended, without a reason to rethrow', () => {
  const round = new Round()
  let told = 0
  const leave = round.enter(() => told++)
  round.close()
  round.close()
  round.end(new Error('rebalance'))
  leave()
  assert.deepEqual([told, round.ended, round.reason], [1, true, undefined])
})
