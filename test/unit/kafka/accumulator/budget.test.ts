import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Budget, type Claim, unrouted } from '../../../../src/kafka/accumulator/budget.ts'

/** A write of `records` to one partition; unrouted unless said otherwise. */
function claims(bytes: number, records = 1, partition: number = unrouted): Claim[] {
  return Array.from({ length: records }, () => ({ bytes: bytes / records, partition }))
}

/** A budget of a topic that has so many partitions. */
function budgetOf(partitions: number, limit: { bytes: number; records: number }): Budget {
  const budget = new Budget(limit)
  budget.reroute(partitions, ({ partition }) => partition)
  return budget
}

test('takes what fits and refuses what does not, by bytes and by records', () => {
  const budget = new Budget({ bytes: 100, records: 3 })
  const first = claims(60)
  assert.equal(budget.tryTake(first), undefined)
  assert.deepEqual(budget.tryTake(claims(41)), { of: 'budget' })
  assert.equal(budget.tryTake(claims(40)), undefined)
  budget.release(first)
  assert.deepEqual(budget.tryTake(claims(3, 3)), { of: 'budget' })
  assert.deepEqual(budget.used, { bytes: 40, records: 1 })
})

test('serves the writes of a partition in their order, and lets none of them overtake', () => {
  const budget = new Budget({ bytes: 100, records: 100 })
  const served: string[] = []
  const halves = [claims(50), claims(50)] as const
  for (const half of halves) budget.tryTake(half)
  budget.takeWhenFree(claims(80), () => served.push('large'))
  budget.takeWhenFree(claims(10), () => served.push('small'))
  budget.release(halves[0])
  assert.equal(budget.tryTake(claims(10))?.of, 'partition', 'a small one came in before those who waited')
  assert.deepEqual(served, [])
  budget.release(halves[1])
  assert.deepEqual(served, ['large', 'small'])
  assert.deepEqual(budget.used, { bytes: 90, records: 2 })
})

test('goes on to the next when the one in front leaves', () => {
  const budget = new Budget({ bytes: 100, records: 100 })
  const served: string[] = []
  budget.tryTake(claims(50))
  const leave = budget.takeWhenFree(claims(80), () => served.push('large'))
  budget.takeWhenFree(claims(10), () => served.push('small'))
  leave()
  leave()
  assert.deepEqual(served, ['small'])
  assert.equal(budget.waiting, 0)
})

test('lets a write above the whole budget through when nothing else is there', () => {
  const budget = new Budget({ bytes: 100, records: 1 })
  const huge = claims(500, 5)
  assert.equal(budget.tryTake(huge), undefined)
  assert.deepEqual(budget.tryTake(claims(1)), { of: 'budget' })
  budget.release(huge)
  assert.equal(budget.tryTake(claims(1)), undefined)
})

test('a partition that holds more than what is still free gets no more, and the others do', () => {
  const budget = budgetOf(3, { bytes: 1_000, records: 10 })
  let taken = 0
  while (budget.tryTake(claims(1, 1, 0)) === undefined) taken += 1
  assert.equal(taken, 6)
  assert.deepEqual(budget.tryTake(claims(1, 1, 0)), { of: 'partition', partition: 0, records: 6 })
  assert.equal(budget.tryTake(claims(1, 1, 1)), undefined)
})

test('however many partitions are dead, the next finds room', () => {
  const together = budgetOf(12, { bytes: 1_000_000, records: 1_200 })
  for (let n = 0; n < 1_200; n++) for (let dead = 0; dead < 11; dead++) together.tryTake(claims(1, 1, dead))
  assert.equal(together.used.records, 1_101, 'each has a twelfth, and the last twelfth is free')
  const oneByOne = budgetOf(12, { bytes: 1_000_000, records: 1_000 })
  for (let dead = 0; dead < 8; dead++) while (oneByOne.tryTake(claims(1, 1, dead)) === undefined);
  assert.equal(oneByOne.tryTake(claims(1, 1, 11)), undefined)
})

test('the only partition of a topic may have the whole budget', () => {
  const budget = budgetOf(1, { bytes: 1_000, records: 10 })
  for (let n = 0; n < 10; n++) assert.equal(budget.tryTake(claims(1, 1, 0)), undefined)
  assert.deepEqual(budget.tryTake(claims(1, 1, 0)), { of: 'budget' })
})

test('a write that waits for two partitions, one of them dead, is not overtaken in the other', () => {
  const budget = budgetOf(2, { bytes: 1_000, records: 4 })
  const served: string[] = []
  const own = claims(1, 1, 1)
  while (budget.tryTake(claims(1, 1, 0)) === undefined);
  budget.takeWhenFree(claims(1, 1, 0), () => served.push('dead'))
  assert.equal(budget.tryTake(own), undefined)
  budget.takeWhenFree([...claims(1, 1, 0), ...claims(1, 1, 1)], () => served.push('both'))
  budget.takeWhenFree(claims(1, 1, 1), () => served.push('behind both'))
  budget.release(own)
  assert.deepEqual(served, [], 'a write overtook one that it shares a partition with')
})

test('a large write to a healthy partition does not wait for the dead ones', () => {
  const budget = budgetOf(2, { bytes: 1_000, records: 10 })
  while (budget.tryTake(claims(1, 1, 0)) === undefined);
  const small = claims(1, 1, 1)
  budget.tryTake(small)
  const served: string[] = []
  budget.takeWhenFree(claims(9, 9, 1), () => served.push('large'))
  budget.takeWhenFree(claims(1, 1, 1), () => served.push('later'))
  assert.deepEqual(served, [])
  budget.release(small)
  assert.deepEqual(served, ['large'], 'over the limit, as nothing else of its partition is there')
  assert.ok(budget.used.records > 10)
})

test('what waits is lined up anew when its partitions become known', () => {
  const budget = new Budget({ bytes: 1_000, records: 2 })
  const first = claims(2, 2)
  budget.tryTake(first)
  const served: number[] = []
  const later = [0, 1, 0].map((partition) => ({ bytes: 1, partition: unrouted, goesTo: partition }))
  for (const claim of later) budget.takeWhenFree([claim], () => served.push(claim.goesTo))
  for (const claim of first) budget.move(claim, 0)
  budget.reroute(2, (claim) => (claim as (typeof later)[number]).goesTo)
  assert.deepEqual(served, [1], 'partition 0 has everything, and who waits for 1 waits for it')
  budget.release(first)
  assert.deepEqual(served, [1, 0])
})

test('whatever comes and goes, the count is right, and a partition is served in its order', () => {
  const step = fc.oneof(
    fc.record({ partition: fc.nat(3), records: fc.integer({ min: 1, max: 6 }) }),
    fc.constant('release' as const),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const budget = budgetOf(4, { bytes: 1_000, records: 10 })
      const held: Claim[][] = []
      const order: { partition: number; n: number }[] = []
      steps.forEach((one, n) => {
        if (one === 'release') {
          const claim = held.shift()
          if (claim !== undefined) budget.release(claim)
          return
        }
        const write = claims(one.records, one.records, one.partition)
        const admitted = (): void => {
          held.push(write)
          order.push({ partition: one.partition, n })
        }
        if (budget.tryTake(write) === undefined) admitted()
        else budget.takeWhenFree(write, admitted)
        assert.equal(budget.used.records, held.flat().length)
        assert.ok(budget.used.records <= 10 + 6, 'more than one write beyond the limit')
      })
      while (held.length > 0) budget.release(held.shift() as Claim[])
      assert.deepEqual([budget.waiting, budget.used], [0, { bytes: 0, records: 0 }])
      for (const partition of [0, 1, 2, 3]) {
        const own = order.filter((entry) => entry.partition === partition).map(({ n }) => n)
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
        )
      }
    }),
  )
})
