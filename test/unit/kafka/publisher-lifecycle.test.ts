import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { partitionOf } from '../../../src/kafka/routing.ts'
import { settle } from '../../support/manual-clock.ts'
import { keyOf, PublisherBed, recordFor, watch } from './publisher-bed.ts'
import { protocolError } from './scripted-producer.ts'

test('an aborted write takes back what was not sent, rejects with the reason, and gives its room free', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const first = bed.write(0, 'a')
  await settle()
  const stop = new AbortController()
  const second = bed.publisher.write([recordFor(0, 'b'), recordFor(1, 'c')], { signal: stop.signal })
  const third = bed.write(0, 'd')
  assert.equal(bed.publisher.pending.records, 4)
  const reason = new Error('no time left')
  stop.abort(reason)
  await assert.rejects(second, (error) => error === reason)
  assert.equal(bed.publisher.pending.records, 2)
  bed.broker.hold = false
  bed.broker.open[0]?.confirm()
  await Promise.all([first, third])
  assert.deepEqual(bed.broker.all, ['a', 'd'])
  assert.equal(bed.telemetry.value('withdrawn_records_total'), 2)
})

test('an aborted write whose records are under way rejects, and the records ride on', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const stop = new AbortController()
  const write = watch(bed.publisher.write([recordFor(0, 'a')], { signal: stop.signal }))
  await settle()
  stop.abort()
  await settle()
  assert.equal(write.state, 'rejected')
  assert.equal(bed.publisher.pending.records, 1)
  bed.broker.open[0]?.fail(new Error('socket hang up'))
  bed.broker.hold = false
  assert.equal(bed.telemetry.value('unawaited_records_total'), 0)
  await bed.clock.advance(100)
  assert.deepEqual(bed.broker.all, ['a'])
  assert.equal(bed.publisher.pending.records, 0)
  assert.equal(bed.telemetry.value('unawaited_records_total'), 1)
})

test('a signal that is aborted already rejects the write, and one that waits for room leaves the line', async (t) => {
  const bed = await PublisherBed.started(t, { budgetRecords: 1 })
  await assert.rejects(
    bed.publisher.write([recordFor(0, 'never')], { signal: AbortSignal.abort(new Error('too late')) }),
    /too late/,
  )
  bed.broker.hold = true
  const first = bed.write(0, 'a')
  const stop = new AbortController()
  const waiting = watch(bed.publisher.write([recordFor(0, 'b')], { signal: stop.signal }))
  const behind = bed.write(0, 'c')
  stop.abort()
  await settle()
  assert.equal(waiting.state, 'rejected')
  bed.broker.hold = false
  bed.broker.open[0]?.confirm()
  await Promise.all([first, behind])
  assert.deepEqual(bed.broker.all, ['a', 'c'])
})

test('writers that give up while Kafka is down leave nothing behind', async (t) => {
  const bed = new PublisherBed(t)
  for (let i = 0; i < 1_000; i++) {
    const stop = new AbortController()
    const write = bed.publisher.write([recordFor(i % 3, 'x')], { signal: stop.signal })
    stop.abort(new Error('503'))
    await assert.rejects(write, /503/)
  }
  assert.deepEqual(bed.publisher.pending, { records: 0, bytes: 0, oldestMs: 0 })
  await bed.publisher.start()
  await settle()
  assert.deepEqual(bed.broker.requests, [])
})

test('records wait behind one that lacks a part, in their partition only', async (t) => {
  const bed = await PublisherBed.started(t)
  let part: string | undefined
  let arrive: () => void = () => {}
  const missing = new Promise<void>((resolve) => {
    arrive = resolve
  })
  const promised = {
    ...recordFor(0, 'late'),
    value: () => (part === undefined ? missing : Buffer.from(part)),
  }
  const writes = [bed.publisher.write([promised]), bed.write(0, 'b'), bed.write(1, 'c')]
  await settle()
  assert.deepEqual(bed.broker.all, ['c'])
  part = 'late'
  arrive()
  await Promise.all(writes)
  assert.deepEqual(bed.broker.log(0), ['late', 'b'])
})

for (const [how, value] of [
  ['is promised and fails', () => Promise.reject(new Error('no such schema'))],
  [
    'throws',
    () => {
      throw new Error('no such schema')
    },
  ],
] as const) {
  test(`a value that ${how} rejects its write, takes back what was not sent of it, and stops nobody else's`, async (t) => {
    const bed = await PublisherBed.started(t)
    const write = bed.publisher.write([{ ...recordFor(0, 'x'), value }, recordFor(0, 'behind')])
    const next = bed.write(0, 'b')
    await assert.rejects(write, /no such schema/)
    await next
    assert.deepEqual(bed.broker.all, ['b'])
  })
}

test('a write that is given up while it lacks a part no longer holds up what is behind it', async (t) => {
  const bed = await PublisherBed.started(t)
  const giveUp = new AbortController()
  const value = () => new Promise<void>(() => {})
  const write = bed.publisher.write([{ ...recordFor(0, 'x'), value }], { signal: giveUp.signal })
  const next = bed.write(0, 'b')
  await settle()
  giveUp.abort(new Error('given up'))
  await assert.rejects(write, /given up/)
  await next
  assert.deepEqual(bed.broker.all, ['b'])
})

test('a late value is made when its record is sent, and a batch that is sent again goes out as it was', async (t) => {
  const bed = await PublisherBed.started(t)
  let made = 0
  const late = (text: string) => ({
    ...recordFor(0, text),
    value: () => Buffer.from(`${text} ${++made}`),
  })
  bed.broker.hold = true
  const writes = [bed.publisher.write([late('a')])]
  await settle()
  writes.push(bed.publisher.write([late('b')]))
  await settle()
  assert.equal(made, 1)
  bed.broker.hold = false
  bed.broker.open[0]?.fail(new Error('connection lost'))
  await bed.clock.advance(1_000)
  await Promise.all(writes)
  assert.deepEqual(bed.broker.log(0), ['a 1', 'b 2'])
})

test('P5 (rule 9): a producer whose sequence the broker lost is replaced when nothing flies, and suspects go first', async (t) => {
  const bed = await PublisherBed.started(t, { leaderOf: (partition) => partition })
  bed.broker.hold = true
  const writes = [bed.write(0, 'a'), bed.write(1, 'x')]
  await settle()
  bed.broker.open[0]?.fail(protocolError('OUT_OF_ORDER_SEQUENCE_NUMBER', 45))
  await bed.clock.advance(100)
  writes.push(bed.write(0, 'b'))
  await bed.clock.advance(1_000)
  assert.equal(bed.broker.made, 1, 'replaced while the other broker still had a request')
  assert.equal(bed.broker.requests.length, 2, 'something was sent by a producer whose sequence is lost')
  bed.broker.hold = false
  for (const request of [...bed.broker.open]) request.confirm()
  await bed.clock.advance(2_000)
  await Promise.all(writes)
  assert.equal(bed.broker.made, 2)
  assert.equal(bed.broker.closed, 1)
  assert.deepEqual(bed.broker.log(0), ['a', 'b'])
  assert.equal(bed.telemetry.value('producer_rebuilds_total sequence'), 1)
  assert.equal(bed.telemetry.logged('error', /may be there twice/).length, 1)
})

test('P6 (rule 9): a producer is replaced before its sequence numbers end, without doubt about any record', async (t) => {
  const bed = await PublisherBed.started(t, { maxSequence: 3 })
  for (const text of ['a', 'b', 'c', 'd']) await bed.write(0, text)
  assert.equal(bed.broker.made, 2)
  assert.deepEqual(
    bed.broker.requests.map(({ producer }) => producer),
    [1, 1, 1, 2],
  )
  assert.equal(bed.telemetry.value('producer_rebuilds_total wrap'), 1)
})

test('P6: before a planned replacement suspects are confirmed by the producer that sent them', async (t) => {
  const bed = await PublisherBed.started(t, { maxSequence: 2 })
  bed.broker.hold = true
  const writes = [bed.write(0, 'a', 'b'), bed.write(1, 'x')]
  await settle()
  bed.broker.open[0]?.reply([{ partition: 0, errorCode: 0, baseOffset: '0' }])
  writes.push(bed.write(0, 'c'))
  bed.broker.hold = false
  await bed.clock.advance(1_000)
  await Promise.all(writes)
  const sent = bed.broker.requests.map(({ producer, texts }) => [
    producer,
    Object.values(texts).flat().join(),
  ])
  assert.deepEqual(sent, [
    [1, 'a,b,x'],
    [1, 'x'],
    [2, 'c'],
  ])
})

test('when the number of partitions changes, no key is under way in two of them', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const key = Buffer.from(moving(3, 5))
  const record = (text: string) => ({ key, value: Buffer.from(text), valueBytes: 1, timestamp: 1 })
  const writes = [bed.publisher.write([record('a')])]
  await settle()
  const before = bed.broker.requests[0]?.batches[0]?.partition
  bed.broker.partitionCount = 5
  for (const partition of [3, 4]) bed.broker.leaders.set(partition, 2)
  bed.broker.announce()
  writes.push(bed.publisher.write([record('b')]))
  await bed.clock.advance(1_000)
  assert.equal(bed.broker.requests.length, 1, 'the new layout is used while a record of the old one flies')
  assert.match(bed.publisher.readiness().reason ?? '', /from 3 to 5 partitions/)
  bed.broker.hold = false
  bed.broker.open[0]?.confirm()
  const [, [second] = []] = await Promise.all(writes)
  assert.notEqual(second?.partition, before)
  assert.deepEqual(bed.publisher.readiness(), { ready: true })
  assert.equal(bed.telemetry.logged('warn', /number of partitions changed/).length, 1)
})

test('close waits for what was accepted, refuses what comes later, and closes the producer', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const write = watch(bed.write(0, 'a'))
  await settle()
  const closing = bed.publisher.close()
  await assert.rejects(bed.write(0, 'b'), (error) => isRelayError(error, 'SINK_CLOSED'))
  await bed.clock.advance(1_000)
  assert.equal(bed.broker.closed, 0)
  bed.broker.open[0]?.confirm()
  await closing
  assert.equal(write.state, 'resolved')
  assert.equal(bed.broker.closed, 1)
  assert.equal(bed.telemetry.value('buffered_records'), 0)
  assert.equal(bed.publisher.close(), bed.publisher.close(), 'the second close is another one')
})

test('at the deadline of close the rest is given up, and everybody is told', async (t) => {
  const bed = await PublisherBed.started(t, { budgetRecords: 2 })
  bed.broker.hold = true
  const writes = [
    watch(bed.write(0, 'flying')),
    watch(bed.write(0, 'queued')),
    watch(bed.write(0, 'waits for room')),
  ]
  await settle()
  const closing = watch(bed.publisher.close({ deadlineMs: 500 }))
  await bed.clock.advance(499)
  assert.equal(closing.state, 'open')
  await bed.clock.advance(1)
  for (const { state, error } of [...writes, closing]) {
    assert.equal(state, 'rejected')
    assert.ok(isRelayError(error, 'DEADLINE_EXCEEDED'))
  }
  bed.broker.open[0]?.fail(new Error('socket hang up'))
  await bed.clock.advance(10_000)
  assert.equal(bed.broker.requests.length, 1, 'something was sent after close')
  assert.equal(bed.telemetry.value('given_up_records_total deadline'), 2)
})

test('close without start, and close while Kafka is down, do not hang', async (t) => {
  const idle = new PublisherBed(t)
  await idle.publisher.close()
  const down = new PublisherBed(t)
  down.broker.onConnect = () => Promise.reject(new Error('down'))
  await down.publisher.start()
  await down.clock.advance(1_000)
  await down.publisher.close()
  const made = down.broker.made
  await down.clock.advance(10_000)
  assert.equal(down.broker.made, made, 'it goes on connecting after close')
})

test('routes by the key alone', async (t) => {
  const bed = await PublisherBed.started(t)
  for (const partition of [2, 0, 1]) {
    assert.equal((await bed.write(partition, 'x'))[0]?.partition, partition, keyOf(partition))
  }
})

/** A key that changes its partition when the count does. */
function moving(before: number, after: number): string {
  for (let n = 0; ; n++) {
    const key = Buffer.from(`key-${n}`)
    if (partitionOf(key, before) !== partitionOf(key, after)) return `key-${n}`
  }
}
