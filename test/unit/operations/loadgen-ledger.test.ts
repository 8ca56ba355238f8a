import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { type Arrival, Ledger } from '../../../src/operations/loadgen-ledger.ts'
import { type LoadEvent, LoadRegistry } from '../../../src/operations/loadgen-registry.ts'

/** Events of one repository. */
function events(count: number): readonly LoadEvent[] {
  const registry = new LoadRegistry({ profile: 'distribution-3', seed: 1, number: 1, repositories: 1 })
  return Array.from({ length: count }, () => registry.next(1_700_000_000_000))
}

function arrival({ body }: LoadEvent): Arrival {
  const [received] = readEnvelope(Buffer.from(body)).events
  assert.ok(received)
  return { event: received.event, body: received.envelopeText }
}

/** All posted at 0 ms and acknowledged; then these arrive, by index, one a millisecond from 10 ms on. */
function after(count: number, order: readonly number[]): Ledger {
  const ledger = new Ledger()
  const posted = events(count)
  for (const event of posted) {
    ledger.posting(event, 0)
    ledger.taken(event.id)
  }
  for (const [at, index] of order.entries()) {
    const event = posted[index]
    assert.ok(event)
    assert.equal(ledger.arrived(arrival(event), 10 + at), true)
  }
  return ledger
}

test('all arrived, once and in order', () => {
  const { latencyMs, ...counts } = after(4, [0, 1, 2, 3]).report()
  assert.deepEqual(counts, { arrived: 4, lost: 0, duplicates: 0, outOfOrder: 0, altered: 0, examples: [] })
  assert.deepEqual(latencyMs, { count: 4, p50: 11, p90: 13, p99: 13, max: 13 })
})

test('what was acknowledged and did not arrive is lost, and named', () => {
  const { lost, outOfOrder, examples } = after(4, [0, 1, 3]).report()
  assert.deepEqual([lost, outOfOrder], [1, 0])
  assert.deepEqual(
    examples.map(({ fate, sequence }) => [fate, sequence]),
    [['lost', 2]],
  )
})

test('an event behind a later one of its repository is out of order; a repeat of it is a duplicate and nothing else', () => {
  const { duplicates, outOfOrder, examples } = after(4, [0, 2, 1, 1, 0, 3]).report()
  assert.deepEqual([duplicates, outOfOrder], [2, 1])
  assert.deepEqual(
    examples.map(({ fate, sequence }) => [fate, sequence]),
    [['out of order', 1]],
  )
})

test('order is of one repository: others may come in between in any order', () => {
  const ledger = new Ledger()
  const one = new LoadRegistry({ profile: 'gitlab', seed: 1, number: 1, repositories: 1 })
  const two = new LoadRegistry({ profile: 'gitlab', seed: 1, number: 2, repositories: 1 })
  const posted = [one.next(0), one.next(0), two.next(0), two.next(0)]
  for (const event of posted) ledger.posting(event, 0)
  for (const index of [2, 0, 3, 1]) ledger.arrived(arrival(posted[index] as LoadEvent), 0)
  assert.equal(ledger.report().outOfOrder, 0)
})

test('nothing is lost that was not acknowledged, and what arrives before its answer is not waited for', () => {
  const ledger = new Ledger()
  const [first, second] = events(2)
  assert.ok(first && second)
  ledger.posting(first, 0)
  ledger.posting(second, 0)
  ledger.arrived(arrival(first), 1)
  ledger.taken(first.id)
  assert.equal(ledger.waiting, 0)
  assert.equal(ledger.report().lost, 0)
  ledger.taken(second.id)
  assert.equal(ledger.waiting, 1)
})

test('events of others do not count, and other bytes than were posted are noticed', () => {
  const ledger = new Ledger()
  const [own, other] = events(2)
  assert.ok(own && other)
  ledger.posting(own, 0)
  assert.equal(ledger.arrived(arrival(other), 0), false)
  const { event, body } = arrival(own)
  assert.equal(ledger.arrived({ event, body: body.replace('registry-1', 'redacted') }, 0), true)
  const { arrived, altered } = ledger.report()
  assert.deepEqual([arrived, altered], [1, 1])
})
