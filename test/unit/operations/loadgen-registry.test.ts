import assert from 'node:assert/strict'
import { test } from 'node:test'
import { proveEvent } from '../../../src/avro/proof.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import { type LoadEvent, LoadRegistry } from '../../../src/operations/loadgen-registry.ts'
import { sequenceOf } from '../../../src/operations/loadgen-sequence.ts'

const at = Date.parse('2026-11-26T12:00:00.120Z')

function made(profile: 'distribution-2' | 'distribution-3' | 'gitlab', count = 2_000, seed = 7): LoadEvent[] {
  const registry = new LoadRegistry({ profile, seed, number: 1, repositories: 5 })
  return Array.from({ length: count }, (_, index) => registry.next(at + index))
}

function eventOf({ body }: LoadEvent): Event {
  const [received] = readEnvelope(Buffer.from(body)).events
  assert.ok(received)
  return received.event
}

for (const profile of ['distribution-2', 'distribution-3', 'gitlab'] as const) {
  test(`every body of ${profile} is taken by its typed fields alone, as that registry writes it`, () => {
    for (const load of made(profile)) {
      const [received] = readEnvelope(Buffer.from(load.body)).events
      assert.ok(received)
      assert.deepEqual(received.problems, [])
      const { way, profile: proven } = proveEvent(received, load.contentType, {})
      assert.equal(way, 'typed', load.body)
      // Without a member that only GitLab has its text is the one of Distribution 2.
      if (profile !== 'gitlab') assert.equal(proven, profile)
    }
  })

  test(`events of ${profile} have their own ids, and a number that follows on in each repository`, () => {
    const loads = made(profile)
    assert.equal(new Set(loads.map(({ id }) => id)).size, loads.length)
    const next = new Map<string, number>()
    for (const load of loads) {
      const event = eventOf(load)
      assert.equal(event.id, load.id)
      assert.equal(event.target?.repository, load.repository)
      assert.equal(load.contentType, mediaTypeOf(profile))
      assert.equal(load.sequence, next.get(load.repository) ?? 0)
      assert.equal(sequenceOf(event), load.sequence)
      next.set(load.repository, load.sequence + 1)
    }
    assert.equal(next.size, 5)
  })
}

test('there is everything that a registry reports, pushes ending with their manifest', () => {
  const events = made('gitlab').map(eventOf)
  const seen = new Set(
    events.map(
      ({ action, request, target }) => `${action} ${request?.method} ${target?.references ? 'manifest' : ''}`,
    ),
  )
  const expected = [
    'push PUT manifest',
    'push PUT ',
    'pull GET manifest',
    'pull GET ',
    'pull HEAD manifest',
    'mount POST ',
    'delete DELETE ',
  ]
  assert.deepEqual([...seen].toSorted(), expected.toSorted())
  assert.ok(events.some(({ meta }) => meta?.get('blob')?.includes('redirected')))
  assert.ok(events.some(({ actor }) => actor?.userType === 'build' && actor.user !== undefined))
  assert.ok(events.some(({ action, target }) => action === 'delete' && target?.tag !== undefined))
  assert.ok(events.some(({ action, target }) => action === 'delete' && target?.digest !== undefined))
})

test('the same seed makes the same bodies, another one others', () => {
  const texts = (seed: number): string => JSON.stringify(made('gitlab', 50, seed))
  assert.equal(texts(1), texts(1))
  assert.notEqual(texts(1), texts(2))
})

test('an event without such a number has none', () => {
  assert.equal(sequenceOf({ target: { digest: `sha256:${'z'.repeat(64)}` } }), undefined)
  assert.equal(sequenceOf({ target: { tag: '1.4' } }), undefined)
  assert.equal(sequenceOf({}), undefined)
})
