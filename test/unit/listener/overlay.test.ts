import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overlay } from '../../../src/listener/overlay.ts'

class Counter {
  #count = 0
  step = 1

  add(): number {
    this.#count += this.step
    return this.#count
  }

  addTwice(): number {
    this.add()
    return this.add()
  }

  get count(): number {
    return this.#count
  }
}

test('what is replaced is replaced, and everything else works on the object itself, private fields included', () => {
  const counter = new Counter()
  const decorated = overlay(counter, { add: () => -1 })
  assert.equal(decorated.add(), -1)
  assert.equal(counter.count, 0)
  assert.equal(decorated.addTwice(), 2, 'a call that the object makes to itself is its own')
  assert.equal(decorated.count, 2)
})

test('what is set on the decorated object is set on the object', () => {
  const counter = new Counter()
  overlay(counter, {}).step = 10
  assert.equal(counter.step, 10)
  assert.equal(counter.add(), 10)
})

test('a frozen object can be decorated', () => {
  const frozen = Object.freeze({ add: () => 1, other: () => 2 })
  const decorated = overlay<{ add(): number; other(): number }>(frozen, { add: () => -1 })
  assert.equal(decorated.add(), -1)
  assert.equal(decorated.other(), 2)
})

test('the decorated object is an instance of the same class, has the same members, and can be spread', () => {
  const decorated = overlay(new Counter(), { add: () => -1 })
  assert.ok(decorated instanceof Counter)
  assert.equal(decorated.constructor, Counter)
  assert.ok('addTwice' in decorated)
  assert.deepEqual(Object.keys(decorated), ['step'])
  assert.deepEqual({ ...overlay({ a: 1, b: 2 }, { b: 3 }) }, { a: 1, b: 3 })
})

test('a method that is passed through is the same function each time, until the object gets another', () => {
  const target = { run: (): number => 1 }
  const decorated = overlay(target, {})
  assert.equal(decorated.run, decorated.run)
  target.run = () => 2
  assert.equal(decorated.run(), 2)
})

test('a member that the object does not have is not added by an override that is undefined', () => {
  const target: { run?: () => number } = {}
  assert.equal(overlay(target, { run: undefined }).run, undefined)
})
