import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Budget } from '../../../../src/kafka/accumulator/budget.ts'

const cost = (bytes: number, records = 1) => ({ bytes, records })

test('takes what fits and refuses what does not, by bytes and by records', () => {
  const budget = new Budget({ bytes: 100, records: 3 })
  assert.ok(budget.tryTake(cost(60)))
  assert.ok(!budget.tryTake(cost(41)))
  assert.ok(budget.tryTake(cost(40)))
  budget.release(cost(90, 0))
  assert.ok(!budget.tryTake(cost(1, 2)))
  assert.deepEqual(budget.used, { bytes: 10, records: 2 })
})

test('serves those who wait in their order, and lets nobody overtake them', () => {
  const budget = new Budget({ bytes: 100, records: 100 })
  const served: string[] = []
  budget.tryTake(cost(100))
  budget.takeWhenFree(cost(80), () => served.push('large'))
  budget.takeWhenFree(cost(10), () => served.push('small'))
  budget.release(cost(50, 0))
  assert.ok(!budget.tryTake(cost(10)), 'a small one came in before those who waited')
  assert.deepEqual(served, [])
  budget.release(cost(50, 1))
  assert.deepEqual(served, ['large', 'small'])
  assert.deepEqual(budget.used, { bytes: 90, records: 2 })
})

test('goes on to the next when the one in front leaves', () => {
  const budget = new Budget({ bytes: 100, records: 100 })
  const served: string[] = []
  budget.tryTake(cost(50))
  const leave = budget.takeWhenFree(cost(80), () => served.push('large'))
  budget.takeWhenFree(cost(10), () => served.push('small'))
  leave()
  leave()
  assert.deepEqual(served, ['small'])
  assert.equal(budget.waiting, 0)
})

test('lets a write above the whole budget through when nothing else is there', () => {
  const budget = new Budget({ bytes: 100, records: 1 })
  assert.ok(budget.tryTake(cost(500, 5)))
  assert.ok(!budget.tryTake(cost(1)))
  budget.release(cost(500, 5))
  assert.ok(budget.tryTake(cost(1)))
})
