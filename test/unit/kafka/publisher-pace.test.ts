import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { PublisherBed } from './publisher-bed.ts'

const paceMs = 5

/** A publisher that had `writers` at once a moment ago, all in one request. */
async function busyBed(
  t: TestContext,
  writers: number,
  options: Parameters<typeof PublisherBed.started>[1] = {},
): Promise<PublisherBed> {
  const bed = await PublisherBed.started(t, { limits: { paceMs }, ...options })
  await Promise.all(Array.from({ length: writers }, (_, n) => bed.write(n % 3, `early-${n}`)))
  await settle()
  return bed
}

test('rule 11: with one or two writers a record is sent at once, whatever the pace', async (t) => {
  const bed = await PublisherBed.started(t, { limits: { paceMs } })
  for (let n = 0; n < 5; n++) await Promise.all([bed.write(0, `a-${n}`), bed.write(1, `b-${n}`)])
  await bed.write(0, 'alone')
  assert.equal(bed.clock.monotonic(), 0)
  assert.equal(bed.broker.all.length, 11)
})

test('rule 11: with many writers the next request waits until three of four of them are in it', async (t) => {
  const bed = await busyBed(t, 8)
  const before = bed.broker.requests.length
  const writes = [bed.write(0, 'a', 'b'), bed.write(1, 'c'), bed.write(2, 'd', 'e')]
  await settle()
  assert.equal(bed.broker.requests.length, before, 'sent with five of eight')
  writes.push(bed.write(0, 'f'))
  await Promise.all(writes)
  assert.equal(bed.clock.monotonic(), 0)
  assert.deepEqual(bed.broker.requests[before]?.texts, { 0: ['a', 'b', 'f'], 1: ['c'], 2: ['d', 'e'] })
})

test('with many writers, those who come alone are sent when the pace is over, and in the order they came', async (t) => {
  const bed = await busyBed(t, 8)
  const before = bed.broker.requests.length
  const writes = [bed.write(0, 'a')]
  await bed.clock.advance(paceMs - 1)
  writes.push(bed.write(0, 'b'))
  await settle()
  assert.equal(bed.broker.requests.length, before, 'two requests closer to each other than the pace')
  await bed.clock.advance(1)
  await Promise.all(writes)
  assert.deepEqual(bed.broker.requests[before]?.texts, { 0: ['a', 'b'] })
})

test('a request that took longer than the pace is followed by the next at once', async (t) => {
  const bed = await busyBed(t, 8)
  bed.broker.hold = true
  const slow = Array.from({ length: 8 }, (_, n) => bed.write(n % 3, `slow-${n}`))
  await bed.clock.advance(paceMs)
  const late = bed.write(0, 'late')
  bed.broker.open[0]?.confirm()
  await Promise.all(slow)
  await settle()
  assert.deepEqual(bed.broker.open[0]?.texts, { 0: ['late'] })
  bed.broker.open[0]?.confirm()
  await late
})

test('records for a full request are not held', async (t) => {
  const bed = await busyBed(t, 30, { limits: { paceMs, requestRecords: 6 } })
  const before = bed.broker.requests.length
  const writes = Array.from({ length: 5 }, (_, n) => bed.write(0, `${n}`))
  await settle()
  assert.equal(bed.broker.requests.length, before)
  writes.push(bed.write(0, '5'))
  await Promise.all(writes)
  assert.equal(bed.clock.monotonic(), 0)
})

test('one broker with many writers does not hold the request to another', async (t) => {
  const bed = await PublisherBed.started(t, { limits: { paceMs }, leaderOf: (partition) => partition })
  await Promise.all(Array.from({ length: 8 }, (_, n) => bed.write(0, `${n}`)))
  const before = bed.broker.requests.length
  const held = bed.write(0, 'held')
  await bed.write(1, 'at once')
  assert.deepEqual(
    bed.broker.requests.slice(before).map(({ broker }) => broker),
    [1],
  )
  await bed.clock.advance(paceMs)
  await held
})

test('a batch that has to be sent again goes before the records that were held meanwhile', async (t) => {
  const bed = await busyBed(t, 8)
  bed.broker.hold = true
  const failed = Array.from({ length: 8 }, (_, n) => bed.write(0, `first-${n}`))
  await settle()
  bed.broker.open[0]?.fail(new Error('socket closed'))
  const later = bed.write(0, 'later')
  bed.broker.hold = false
  await bed.clock.advance(2_000)
  await Promise.all([...failed, later])
  assert.deepEqual(bed.broker.log(0).slice(-9), [...failed.map((_, n) => `first-${n}`), 'later'])
})

test('closing sends what is held at once', async (t) => {
  const bed = await busyBed(t, 8)
  const held = bed.write(0, 'held')
  await settle()
  assert.ok(!bed.broker.all.includes('held'))
  await bed.publisher.close()
  await held
  assert.equal(bed.clock.monotonic(), 0)
  assert.ok(bed.broker.log(0).includes('held'))
})

test('a pace below 0 is refused', (t) => {
  assert.throws(
    () => new PublisherBed(t, { limits: { paceMs: -1 } }),
    (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.includes('paceMs'),
  )
})
