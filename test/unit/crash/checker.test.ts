import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, type Invariant, type Trial, type Verdict } from '../../crash/checker.ts'
import type { Kill, Operation, Outcome, SentEvent, TopicRecord } from '../../crash/operation.ts'

const ok: Outcome = { type: 'ok', status: 200 }
const refused: Outcome = { type: 'fail', reason: 'ECONNREFUSED' }
const denied: Outcome = { type: 'fail', status: 401, reason: 'status 401' }
const lost: Outcome = { type: 'info', reason: 'ECONNRESET' }

function event(id: string, repository = 'team/app'): SentEvent {
  return { id, sender: 'registry-0', repository, hash: `hash of ${id}` }
}

/** Attempts one after the other, each of 2 ms: the first from 0 to 2, the second from 10 to 12 and so on. */
function operations(...attempts: readonly (readonly [SentEvent, Outcome?])[]): Operation[] {
  return attempts.map(([of, outcome], i) =>
    outcome === undefined
      ? { event: of, invokedAt: i * 10 }
      : { event: of, invokedAt: i * 10, endedAt: i * 10 + 2, outcome },
  )
}

function records(...events: readonly SentEvent[]): TopicRecord[] {
  return events.map(({ id, repository, hash }, offset) => ({
    partition: 0,
    offset,
    key: repository,
    id,
    repository,
    hash,
  }))
}

function verdictOn(trial: Partial<Trial>): Verdict {
  return check({
    operations: [],
    records: [],
    kills: [],
    inFlight: 1,
    required: { acked: 0, info: false },
    ...trial,
  })
}

function broken({ violations }: Verdict): Invariant[] {
  return violations.map(({ invariant }) => invariant)
}

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => event(id)) as [
  SentEvent,
  SentEvent,
  SentEvent,
  SentEvent,
]

test('every acknowledged event once and in order passes', () => {
  const verdict = verdictOn({ operations: operations([a, ok], [b, ok]), records: records(a, b) })
  assert.equal(verdict.passed, true)
  assert.deepEqual(verdict.counts, {
    events: 2,
    ok: 2,
    info: 0,
    fail: 0,
    records: 2,
    duplicates: 0,
    duplicatesExplained: 0,
    kills: 0,
    longestGapWithoutOk: 10,
  })
})

test('an acknowledged event that is not in the topic is a loss, and the message says where it is instead', () => {
  const verdict = verdictOn({
    operations: operations([a, ok], [b, ok]),
    records: records(a),
    whereIs: (id) => `${id} is in the spool`,
  })
  assert.deepEqual(broken(verdict), ['no loss'])
  assert.match(verdict.violations[0]?.message ?? '', /^b .*b is in the spool$/)
})

test('an event of unknown outcome may be in the topic or not', () => {
  const history = operations([a, ok], [b, lost])
  assert.equal(verdictOn({ operations: history, records: records(a) }).passed, true)
  assert.equal(verdictOn({ operations: history, records: records(a, b) }).passed, true)
})

test('an attempt that never ended counts as unknown', () => {
  const verdict = verdictOn({ operations: operations([a]), records: records(a) })
  assert.equal(verdict.passed, true)
  assert.equal(verdict.counts.info, 1)
})

test('an event that was only ever refused must not be in the topic', () => {
  for (const outcome of [refused, denied]) {
    const verdict = verdictOn({ operations: operations([a, outcome], [a, outcome]), records: records(a) })
    assert.deepEqual(broken(verdict), ['no phantom'])
  }
})

test('an event that was refused first and taken later belongs there', () => {
  assert.equal(verdictOn({ operations: operations([a, refused], [a, ok]), records: records(a) }).passed, true)
})

test('an event that nobody posted, one with another content, one under another key, and an unreadable record are phantoms', () => {
  const history = operations([a, ok])
  const [record] = records(a) as [TopicRecord]
  const strange: TopicRecord[] = [
    ...records(event('nobody')),
    { ...record, hash: 'hash of something else' },
    { ...record, key: 'team/other' },
    { partition: 0, offset: 0, key: 'team/app', problem: 'bad magic byte' },
  ]
  for (const found of strange) {
    const verdict = verdictOn({ operations: history, records: [record, found] })
    assert.ok(broken(verdict).includes('no phantom'), JSON.stringify(found))
  }
})

test('two events of one repository in the wrong order are found', () => {
  const verdict = verdictOn({ operations: operations([a, ok], [b, ok], [c, ok]), records: records(a, c, b) })
  assert.deepEqual(broken(verdict), ['order'])
})

test('events of different repositories have no order', () => {
  const other = event('o', 'team/other')
  const verdict = verdictOn({ operations: operations([a, ok], [other, ok]), records: records(other, a) })
  assert.equal(verdict.passed, true)
})

test('a repository in two partitions is found', () => {
  const [first, second] = records(a, b) as [TopicRecord, TopicRecord]
  const verdict = verdictOn({
    operations: operations([a, ok], [b, ok]),
    records: [first, { ...second, partition: 1 }],
  })
  assert.deepEqual(broken(verdict), ['order'])
})

test('a duplicate without a kill is a violation, also where the sender had to post twice', () => {
  const verdict = verdictOn({ operations: operations([a, lost], [a, ok]), records: records(a, a) })
  assert.deepEqual(broken(verdict), ['duplicates', 'duplicates'])
})

test('a kill while an event is pending explains one more copy of it, and no third', () => {
  const kills: Kill[] = [{ at: 5, unacked: 0 }]
  const history = operations([a, lost], [a, ok])
  assert.equal(verdictOn({ operations: history, records: records(a, a), kills }).passed, true)
  assert.equal(verdictOn({ operations: history, records: records(a, a, a), kills }).passed, false)
})

test('a kill explains a second copy of what was in the spool, and of nothing that had left it', () => {
  const kills: Kill[] = [{ at: 25, unacked: 1 }]
  const history = operations([a, ok], [b, ok], [c, ok], [d, ok])
  assert.equal(verdictOn({ operations: history, records: records(a, b, c, c, d), kills }).passed, true)
  // Acks may come in another order than appends, but by no more than what can be in flight.
  assert.equal(verdictOn({ operations: history, records: records(a, b, c, b, d), kills }).passed, true)
  assert.deepEqual(broken(verdictOn({ operations: history, records: records(a, b, c, a, d), kills })), [
    'duplicates',
  ])
  assert.deepEqual(broken(verdictOn({ operations: history, records: records(a, b, c, d, d), kills })), [
    'duplicates',
  ])
})

test('duplicates beyond what all kills explain together are found, though each alone could be', () => {
  const kills: Kill[] = [{ at: 25, unacked: 1 }]
  const history = operations([a, ok], [b, ok], [c, ok])
  const verdict = verdictOn({ operations: history, records: records(a, b, c, b, c), kills })
  assert.deepEqual(broken(verdict), ['duplicates'])
  assert.match(verdict.violations[0]?.message ?? '', /^2 duplicates, .* explains 1$/)
})

test('a repeat behind a later event is no disorder where its first copy stands before it', () => {
  const kills: Kill[] = [{ at: 15, unacked: 2 }]
  const history = operations([a, ok], [b, ok])
  assert.equal(verdictOn({ operations: history, records: records(a, b, a, b), kills }).passed, true)
  assert.ok(broken(verdictOn({ operations: history, records: records(b, a, b), kills })).includes('order'))
})

test('an event that was only refused does not widen what kills explain', () => {
  const kills: Kill[] = [{ at: 100, unacked: 0 }]
  const verdict = verdictOn({ operations: operations([a, denied], [b, ok]), records: records(b), kills })
  assert.equal(verdict.counts.duplicatesExplained, 0)
})

test('too few acknowledged events, or faults that met nobody, make a run invalid and not passed', () => {
  const clean = { operations: operations([a, ok]), records: records(a) }
  const few = verdictOn({ ...clean, required: { acked: 2, info: false } })
  assert.deepEqual([few.passed, few.violations.length, few.invalid.length], [false, 0, 1])
  const unmet = verdictOn({ ...clean, required: { acked: 1, info: true } })
  assert.deepEqual([unmet.passed, unmet.violations.length, unmet.invalid.length], [false, 0, 1])
})

test('a repository posted to by two requests at once, or one id with two contents, makes a run invalid', () => {
  const overlapping = verdictOn({
    operations: [
      { event: a, invokedAt: 0, endedAt: 10, outcome: ok },
      { event: b, invokedAt: 5, endedAt: 8, outcome: ok },
    ],
    records: records(a, b),
  })
  assert.equal(overlapping.passed, false)
  assert.match(overlapping.invalid[0] ?? '', /^b was posted before a /)
  const changed = verdictOn({
    operations: operations([a, lost], [{ ...a, hash: 'hash of something else' }, ok]),
    records: records(a),
  })
  assert.match(changed.invalid[0] ?? '', /two contents/)
})

test('an event given up after an unknown outcome leaves the order of what follows unknown', () => {
  const verdict = verdictOn({ operations: operations([a, lost], [b, ok]), records: records(b) })
  assert.match(verdict.invalid[0] ?? '', /^b was posted before a /)
})

test('a copy is accounted for where the producer was replaced while its event was under way, and only there', () => {
  const [a, b] = [event('a'), event('b')]
  const trial = { operations: operations([a, ok], [b, ok]), rebuilds: [{ ids: new Set(['a']) }] }
  assert.deepEqual(verdictOn({ ...trial, records: records(a, b, a) }).violations, [])
  const { violations, counts } = verdictOn({ ...trial, records: records(a, b, b) })
  assert.deepEqual(
    violations.map(({ invariant }) => invariant),
    ['duplicates'],
  )
  assert.equal(counts.duplicatesExplained, 1)
  assert.equal(verdictOn({ ...trial, records: records(a, a, a, b) }).violations.length, 2)
})
