import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkRebalances } from './checker.ts'
import type { Attempt, Join, PlacedEvent, RebalanceHistory } from './history.ts'
import type { RebalanceInvariant } from './violation.ts'

const [attemptMs, uncommittedMs] = [1_000, 300]
const repositories = ['a/app', 'b/app']

/** Four events of each of two repositories, by turns, in one partition. */
const events: readonly PlacedEvent[] = Array.from({ length: 8 }, (_, offset) => {
  const repository = repositories[offset % 2] ?? ''
  const number = Math.floor(offset / 2)
  return { id: `${repository}#${number}`, repository, number, partition: 0, offset, hash: `hash ${offset}` }
})

/** The event of this offset, for 20 ms. */
function attempt(offset: number, begunAt: number, changes: Partial<Attempt> = {}): Attempt {
  const { id = '', hash = '' } = events[offset] ?? {}
  return {
    ...{ id, hash, begunAt, member: 'one', takes: true },
    ...{ arrivedAt: begunAt + 5, end: { at: begunAt + 20, status: 204 } },
    ...changes,
  }
}

const join = (member: string, at: number, generation: number, partitions: readonly number[] = [0]): Join => ({
  ...{ member, at, generation, partitions },
})

/** Each event once, 100 ms apart, by one member; all committed soon after. */
const clean: RebalanceHistory = {
  events,
  attempts: events.map((_, offset) => attempt(offset, 1_000 + offset * 100)),
  joins: [join('one', 500, 1)],
  samples: events.map((_, offset) => ({ at: 1_050 + offset * 100, partition: 0, next: offset + 1 })),
  changes: [{ kind: 'join', member: 'one', at: 400 }],
  ...{ attemptMs, uncommittedMs },
}

/** What is broken in it, each kind once. */
function broken(changes: Partial<RebalanceHistory>): readonly RebalanceInvariant[] {
  return [...new Set(checkRebalances({ ...clean, ...changes }).violations.map(({ invariant }) => invariant))]
}

/** The last two events come a second later, after this change, from another member. */
function afterChange(kind: 'leave' | 'kill' | 'pause', repeated: Attempt): Partial<RebalanceHistory> {
  return {
    attempts: [...clean.attempts.slice(0, 7), repeated, attempt(7, 2_500, { member: 'two' })],
    samples: clean.samples.slice(0, 6),
    joins: [...clean.joins, join('two', 2_000, 2)],
    changes: [...clean.changes, { kind, member: 'one', at: 1_650 }],
  }
}

test('a run in which each event is delivered once, in order, is clean', () => {
  const { violations, repeats, explained } = checkRebalances(clean)
  assert.deepEqual({ violations, repeats, explained }, { violations: [], repeats: 0, explained: 0 })
})

test('an event that nobody delivers is missed, and the commit above it too', () => {
  assert.deepEqual(broken({ attempts: clean.attempts.filter((_, offset) => offset !== 7) }), [
    'no loss',
    'commit',
  ])
})

test('an event that the far end refused to the end is missed', () => {
  const refused = attempt(7, 1_700, { takes: false, end: { at: 1_720, status: 503 } })
  assert.deepEqual(broken({ attempts: [...clean.attempts.slice(0, 7), refused], samples: [] }), ['no loss'])
})

test('other bytes than were sent, and events that nobody sent, are seen', () => {
  const { attempts } = clean
  assert.deepEqual(broken({ attempts: [...attempts.slice(0, 7), attempt(7, 1_700, { hash: 'x' })] }), [
    'content',
  ])
  assert.deepEqual(broken({ attempts: [...attempts, attempt(7, 1_700, { id: 'c/app#0' })] }), ['content'])
})

test('two events of a repository that change places are out of order', () => {
  const swapped = [...clean.attempts.slice(0, 5), attempt(7, 1_500), attempt(6, 1_600), attempt(5, 1_700)]
  assert.deepEqual(broken({ attempts: swapped, samples: [] }), ['order'])
})

test('an event that is begun while the one before has no outcome is out of order, though it ends later', () => {
  const early = [...clean.attempts.slice(0, 6), attempt(6, 1_415), attempt(7, 1_700)]
  assert.deepEqual(broken({ attempts: early }), ['order', 'fence'])
})

test('an offset that is committed before an event below it has its outcome is seen, whatever comes after', () => {
  assert.deepEqual(broken({ samples: [{ at: 1_310, partition: 0, next: 4 }] }), ['commit'])
  assert.deepEqual(broken({ samples: [{ at: 1_330, partition: 0, next: 4 }] }), [])
})

test('a commit that goes back is seen', () => {
  assert.deepEqual(broken({ samples: [...clean.samples, { at: 2_000, partition: 0, next: 7 }] }), ['commit'])
})

test('a member that begins what its newest join did not give it is seen', () => {
  const joins = [...clean.joins, join('one', 1_650, 2, [1])]
  assert.deepEqual(broken({ joins }), ['fence'])
})

test('a member that goes on while another has its partition under a newer generation is seen', () => {
  assert.deepEqual(broken({ joins: [...clean.joins, join('two', 1_650, 2)] }), ['fence'])
})

test('one attempt that a pause found about to be begun is not held against the member that wakes, a second one is', () => {
  const joins = [...clean.joins, join('two', 2_000, 2)]
  const changes = [...clean.changes, { kind: 'wake', member: 'one', at: 2_400 }] as const
  const once = [...clean.attempts, attempt(7, 2_405)]
  assert.deepEqual(broken({ joins, changes, attempts: once }), [])
  assert.equal(checkRebalances({ ...clean, joins, changes, attempts: once }).acrossStops, 1)
  assert.deepEqual(broken({ joins, changes, attempts: [...once, attempt(6, 2_450)] }), [
    'fence',
    'duplicates',
  ])
  assert.deepEqual(broken({ joins, attempts: once }), ['fence', 'duplicates'])
})

test('a member that learns late of a generation that is over takes nothing from its successor', () => {
  const joins = [join('one', 500, 2), join('two', 1_650, 1)]
  assert.deepEqual(broken({ joins }), [])
})

test('two requests for one repository at once are seen, unless the time of the first is over', () => {
  const slow = attempt(6, 1_600, { end: { at: 2_700, status: 204 } })
  const again = (begunAt: number): Partial<RebalanceHistory> => ({
    attempts: [...clean.attempts.slice(0, 6), slow, attempt(6, begunAt), clean.attempts[7] ?? slow],
    samples: [],
  })
  assert.deepEqual(broken(again(1_700)), ['fence'])
  assert.deepEqual(broken(again(2_600)), [])
})

test('an event that comes twice after a clean change is a duplicate without a reason', () => {
  const leaving = afterChange('leave', attempt(6, 2_200, { member: 'two' }))
  assert.deepEqual(broken(leaving), ['duplicates'])
  assert.deepEqual([...checkRebalances({ ...clean, ...leaving }).causes], [['after leave', 1]])
})

test('an event that comes twice is explained by a kill or a pause that found it finished and not committed', () => {
  for (const kind of ['kill', 'pause'] as const) {
    const history = { ...clean, ...afterChange(kind, attempt(6, 2_200, { member: 'two' })) }
    const { violations, repeats, causes } = checkRebalances(history)
    assert.deepEqual({ violations, repeats }, { violations: [], repeats: 1 })
    assert.deepEqual([...causes], [[kind, 1]])
  }
})

test('no fault explains a repeat of what was committed, of what was finished long before, or a third copy', () => {
  const again = attempt(6, 2_200, { member: 'two' })
  const committed = { samples: clean.samples.slice(0, 7) }
  assert.deepEqual(broken({ ...afterChange('kill', again), ...committed }), ['duplicates'])
  const old = attempt(1, 2_100, { member: 'two' })
  assert.deepEqual(broken({ ...afterChange('kill', old), samples: [] }), ['duplicates'])
  const { attempts = [], ...others } = afterChange('kill', again)
  assert.deepEqual(broken({ ...others, attempts: [...attempts, attempt(6, 2_300, { member: 'two' })] }), [
    'duplicates',
  ])
})

test('an answer that its member did not hear explains one repeat', () => {
  for (const end of [{ at: 1_620 }, { at: 2_600, status: 204 }]) {
    const unheard = attempt(6, 1_600, { end })
    const attempts = [...clean.attempts.slice(0, 6), unheard, attempt(6, 2_650), clean.attempts[7] ?? unheard]
    const { violations, causes } = checkRebalances({ ...clean, attempts, samples: [] })
    assert.deepEqual(violations, [])
    assert.deepEqual([...causes], [['no answer', 1]])
  }
})
