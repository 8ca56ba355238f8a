import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { StoredItems } from '../../../src/gateway/stored-items.ts'

test('gives the items of records in the order in which they were stored', () => {
  const stored = new StoredItems()
  for (const items of [1, 1, 1, 7, 1]) stored.add(items)
  assert.deepEqual([stored.take(2), stored.take(2), stored.take(0)], [2, 8, 0])
  stored.add(1)
  assert.equal(stored.take(2), 2)
})

test('a record that is read before it was heard that it is stored is not counted for a later one', () => {
  const stored = new StoredItems()
  stored.add(2)
  assert.equal(stored.take(2), 2)
  stored.add(5)
  stored.add(3)
  assert.equal(stored.take(1), 3)
})

test('knows of each record how many items it held, in whatever steps they come and go', () => {
  const step = fc.record({ stored: fc.array(fc.integer({ min: 1, max: 3 })), read: fc.nat(20) })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const stored = new StoredItems()
      const model: number[] = []
      for (const step of steps) {
        for (const items of step.stored) {
          stored.add(items)
          model.push(items)
        }
        const records = Math.min(step.read, model.length)
        const expected = model.splice(0, records).reduce((sum, items) => sum + items, 0)
        assert.equal(stored.take(records), expected)
      }
    }),
  )
})
