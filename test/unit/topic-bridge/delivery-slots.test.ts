import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DeliverySlots } from '../../../src/topic-bridge/delivery-slots.ts'

test('no more run at once than there are slots, and the longest waiting comes first', () => {
  const slots = new DeliverySlots(2)
  const ran: string[] = []
  for (const name of ['a', 'b', 'c', 'd']) slots.take(() => ran.push(name))
  assert.deepEqual(ran, ['a', 'b'])
  slots.release()
  assert.deepEqual(ran, ['a', 'b', 'c'])
  assert.equal(slots.inUse, 2)
  slots.release()
  slots.release()
  slots.release()
  assert.deepEqual(ran, ['a', 'b', 'c', 'd'])
  assert.equal(slots.inUse, 0)
})

test('who cancels is passed over, and cancelling what has run changes nothing', () => {
  const slots = new DeliverySlots(1)
  const ran: string[] = []
  const cancelFirst = slots.take(() => ran.push('a'))
  const cancelSecond = slots.take(() => ran.push('b'))
  slots.take(() => ran.push('c'))
  cancelSecond()
  slots.release()
  cancelFirst()
  assert.deepEqual(ran, ['a', 'c'])
  assert.equal(slots.inUse, 1)
})
