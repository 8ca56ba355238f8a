import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { PublisherBed, recordFor, watch } from './publisher-bed.ts'

test('a write resolves with partition and offset once the broker has confirmed it, and not before', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const write = watch(bed.write(1, 'a', 'b'))
  await settle()
  assert.equal(write.state, 'open')
  bed.broker.open[0]?.confirm()
  await settle()
  assert.deepEqual(write.value, [
    { partition: 1, offset: '0' },
    { partition: 1, offset: '1' },
  ])
  assert.deepEqual(bed.publisher.pending, { records: 0, bytes: 0, oldestMs: 0 })
  assert.equal(bed.telemetry.value('produced_records_total'), 2)
})

test('P9 (rule 4): writes of one turn share a request, and writes during a request share the next', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const writes = [bed.write(0, 'a'), bed.write(1, 'b'), bed.write(0, 'c')]
  await settle()
  writes.push(bed.write(0, 'd'), bed.write(2, 'e'))
  await settle()
  assert.equal(bed.broker.requests.length, 1, 'two requests to one broker at once')
  assert.deepEqual(bed.broker.requests[0]?.texts, { 0: ['a', 'c'], 1: ['b'] })
  bed.broker.open[0]?.confirm()
  await settle()
  assert.deepEqual(bed.broker.requests[1]?.texts, { 0: ['d'], 2: ['e'] })
  bed.broker.open[0]?.confirm()
  await Promise.all(writes)
})

test('rule 4: each leader broker has a request of its own, with only the partitions it leads', async (t) => {
  const bed = await PublisherBed.started(t, { leaderOf: (partition) => partition % 2 })
  bed.broker.hold = true
  void Promise.all([bed.write(0, 'a'), bed.write(1, 'b'), bed.write(2, 'c')])
  await settle()
  assert.deepEqual(
    bed.broker.open.map(({ broker, texts }) => [broker, texts]),
    [
      [0, { 0: ['a'], 2: ['c'] }],
      [1, { 1: ['b'] }],
    ],
  )
})

test('an empty write resolves at once', async (t) => {
  const bed = new PublisherBed(t)
  assert.deepEqual(await bed.publisher.write([]), [])
})

test('writes wait while Kafka is down, in order, and readiness says why', async (t) => {
  const bed = new PublisherBed(t)
  assert.equal(bed.publisher.readiness().ready, false)
  bed.broker.onConnect = () => Promise.reject(new Error('connect ECONNREFUSED'))
  await bed.publisher.start()
  const writes = [bed.write(0, 'a'), bed.write(0, 'b')]
  await bed.clock.advance(5_000)
  assert.match(bed.publisher.readiness().reason ?? '', /ECONNREFUSED/)
  assert.ok(bed.broker.made > 3, 'a producer whose connect failed is not used again')
  assert.equal(bed.broker.made, bed.broker.closed)
  assert.equal(bed.telemetry.logged('warn', /connecting/).length, 1, 'the same failure is logged every time')
  bed.broker.onConnect = () => {}
  await bed.clock.advance(1_000)
  await Promise.all(writes)
  assert.deepEqual(bed.broker.log(0), ['a', 'b'])
  assert.deepEqual(bed.publisher.readiness(), { ready: true })
})

test('K14: a record above the limit is refused alone, and what is beside it goes before what is written later', async (t) => {
  const bed = await PublisherBed.started(t, { maxRecordBytes: 100 })
  const large = recordFor(0, 'x'.repeat(100))
  const write = bed.publisher.write([recordFor(0, '1'), large, recordFor(0, '2')])
  const later = bed.write(0, '3')
  await assert.rejects(
    write,
    (error) =>
      isRelayError(error, 'TOO_LARGE') &&
      error.facts['index'] === 1 &&
      JSON.stringify(error.facts['rejected']).startsWith('[{"index":1,'),
  )
  await later
  await assert.rejects(bed.publisher.write([large]), { code: 'TOO_LARGE' })
  assert.deepEqual(bed.broker.log(0), ['1', '2', '3'])
  assert.equal(bed.publisher.pending.records, 0)
  assert.equal(bed.telemetry.value('given_up_records_total too-large'), 2)
})

test('a record above the limit that the topic turns out to have is refused, and nothing beside it', async (t) => {
  const bed = new PublisherBed(t, { maxMessageBytes: async () => 700 })
  const writes = [
    watch(bed.write(0, 'before')),
    watch(
      bed.publisher.write([recordFor(0, 'beside'), recordFor(1, 'x'.repeat(112)), recordFor(0, 'beside')]),
    ),
    watch(bed.write(0, 'after')),
  ]
  await bed.publisher.start()
  await settle()
  assert.deepEqual(
    writes.map(({ state }) => state),
    ['resolved', 'rejected', 'resolved'],
  )
  assert.ok(isRelayError(writes[1]?.error, 'TOO_LARGE'))
  assert.deepEqual(bed.broker.log(0), ['before', 'beside', 'beside', 'after'])
  assert.deepEqual(bed.broker.log(1), [])
  assert.equal(bed.publisher.pending.records, 0)
})

test('a limit that somebody raised is heard of after a record was refused for it', async (t) => {
  let limit: number | undefined
  const bed = new PublisherBed(t, {
    maxRecordBytes: 100,
    maxMessageBytes: () => (limit === undefined ? Promise.reject(new Error('busy')) : Promise.resolve(limit)),
  })
  await bed.publisher.start()
  await settle()
  limit = 1_000
  const write = (): Promise<unknown> => bed.write(0, 'x'.repeat(100))
  await assert.rejects(write(), { code: 'TOO_LARGE' })
  await bed.clock.advance(10_000)
  // Asked at the connection, too lately for the first one.
  await assert.rejects(write(), { code: 'TOO_LARGE' })
  await settle()
  await write()
  assert.equal(bed.broker.log(0).length, 1)
})

test('a write that gets its room while the backlog is handed out does not overtake the rest of it', async (t) => {
  const bed = new PublisherBed(t, { budgetRecords: 3, maxMessageBytes: async () => 700 })
  const tooLarge = watch(bed.write(0, 'x'.repeat(112)))
  const writes = [bed.write(0, 'a'), bed.write(0, 'b'), bed.write(0, 'waited')]
  await bed.publisher.start()
  await Promise.all(writes)
  assert.equal(tooLarge.state, 'rejected')
  assert.deepEqual(bed.broker.log(0), ['a', 'b', 'waited'])
})

test('a topic that takes more than the default lets larger records through', async (t) => {
  const bed = new PublisherBed(t, { maxRecordBytes: 100, maxMessageBytes: async () => 10_000 })
  await bed.publisher.start()
  await settle()
  await bed.write(0, 'x'.repeat(5_000))
})

test('settings of the topic that cannot be read leave the default in place', async (t) => {
  const bed = new PublisherBed(t, { maxMessageBytes: () => Promise.reject(new Error('not authorized')) })
  await bed.publisher.start()
  await settle()
  await bed.write(0, 'a')
  assert.equal(bed.telemetry.logged('info', /settings of the topic/).length, 1)
})

test('over budget, a write is rejected where that is asked for, with what waits and why', async (t) => {
  const bed = await PublisherBed.started(t, { budgetRecords: 2, overBudget: 'reject' })
  bed.broker.hold = true
  const first = bed.write(0, 'a', 'b')
  await assert.rejects(bed.write(0, 'c'), (error) => {
    assert.ok(isRelayError(error, 'OVER_BUDGET') && error.retriable)
    const { topic, records, budgetRecords, lack } = error.facts
    assert.deepEqual([topic, records, budgetRecords, lack], ['events', 2, 2, { of: 'budget' }])
    return true
  })
  await settle()
  bed.broker.open[0]?.confirm()
  await first
  bed.broker.hold = false
  await bed.write(1, 'd')
  assert.deepEqual(bed.broker.all, ['a', 'b', 'd'])
  assert.equal(bed.telemetry.value('over_budget_total budget'), 1)
})

test('over budget, a write waits for room, and goes in its turn', async (t) => {
  const bed = await PublisherBed.started(t, { budgetRecords: 2 })
  bed.broker.hold = true
  const writes = [bed.write(0, 'a', 'b'), bed.write(0, 'c'), bed.write(0, 'd')]
  await settle()
  assert.equal(bed.publisher.pending.records, 2)
  bed.broker.hold = false
  bed.broker.open[0]?.confirm()
  await Promise.all(writes)
  assert.deepEqual(bed.broker.log(0), ['a', 'b', 'c', 'd'])
})

test('gauges follow what waits, also while nothing can be sent', async (t) => {
  const bed = await PublisherBed.started(t, { staleMs: 5_000 })
  bed.broker.hold = true
  const write = bed.write(0, 'a')
  await bed.clock.advance(6_000)
  assert.equal(bed.telemetry.value('buffered_records'), 1)
  assert.ok(bed.telemetry.value('oldest_unconfirmed_seconds') >= 5)
  assert.match(bed.publisher.readiness().reason ?? '', /has waited for 6 s/)
  bed.broker.open[0]?.confirm()
  await write
  await bed.clock.advance(1_000)
  assert.equal(bed.telemetry.value('buffered_records'), 0)
  assert.equal(bed.clock.pending, 0, 'a timer runs on with nothing to do')
})
