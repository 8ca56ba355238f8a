import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pace } from '../../src/pace.ts'

test('one or two records at once are never held', () => {
  const pace = new Pace(5)
  pace.saw(2, 1_000)
  pace.began(1_000)
  assert.equal(pace.holdMs(1, 1_000), 0)
})

test('of many at once, three of four have to wait before the next request, or the time is over', () => {
  const pace = new Pace(5)
  pace.began(1_000)
  pace.saw(9, 1_001)
  assert.equal(pace.holdMs(6, 1_001), 4)
  assert.equal(pace.holdMs(7, 1_001), 0)
  assert.equal(pace.holdMs(6, 1_005), 0)
  assert.equal(pace.holdMs(6, 1_050), 0)
})

test('the time runs from the beginning of the last request', () => {
  const pace = new Pace(5)
  pace.saw(9, 1_000)
  assert.equal(pace.holdMs(1, 1_000), 0, 'held though no request was ever made')
  pace.began(1_002)
  assert.equal(pace.holdMs(1, 1_003), 4)
})

test('how many came at once is remembered for 100 to 200 ms', () => {
  const pace = new Pace(5)
  pace.saw(9, 1_010)
  pace.began(1_195)
  assert.equal(pace.holdMs(1, 1_195), 5)
  pace.began(1_200)
  assert.equal(pace.holdMs(1, 1_200), 0)
  pace.saw(9, 1_210)
  pace.began(2_000)
  assert.equal(pace.holdMs(1, 2_000), 0, 'a pause in which nothing was seen counts as time that passed')
})

test('a pace of 0, and one that was stopped, hold nothing', () => {
  const none = new Pace(0)
  const stopped = new Pace(5)
  stopped.stop()
  for (const pace of [none, stopped]) {
    pace.saw(1_000, 1_000)
    pace.began(1_000)
    assert.equal(pace.holdMs(1, 1_000), 0)
  }
})
