import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { settle } from '../../support/manual-clock.ts'
import { PublisherBed, recordFor, watch } from './publisher-bed.ts'
import { protocolError } from './scripted-producer.ts'

test('P3 (rule 6): what a failed request held is sent again alone and unchanged, before anything newer of its partition', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const writes = [bed.write(0, 'a', 'b'), bed.write(1, 'x')]
  await settle()
  writes.push(bed.write(0, 'c'), bed.write(1, 'y'), bed.write(2, 'z'))
  bed.broker.open[0]?.fail(new Error('socket hang up'))
  bed.broker.hold = false
  await bed.clock.advance(2_000)
  await Promise.all(writes)
  const [, ...later] = bed.broker.requests.map(({ texts }) => texts)
  assert.deepEqual(later[0], { 2: ['z'] }, 'a healthy partition waited for the sick ones')
  assert.deepEqual(
    later.slice(1).filter((texts) => texts[0]?.includes('a')),
    [{ 0: ['a', 'b'] }],
  )
  assert.deepEqual(
    later.slice(1).filter((texts) => texts[1]?.includes('x')),
    [{ 1: ['x'] }],
  )
  assert.deepEqual(bed.broker.log(0), ['a', 'b', 'c'])
  assert.deepEqual(bed.broker.log(1), ['x', 'y'])
  assert.equal(bed.telemetry.value('produce_retries_total retry'), 2)
})

test('rule 6: goes on for as long as it takes, with pauses that grow to one second', async (t) => {
  const bed = await PublisherBed.started(t)
  const times: number[] = []
  bed.broker.onProduce = () => {
    times.push(bed.clock.monotonic())
    throw new Error('socket hang up')
  }
  const write = watch(bed.write(0, 'a'))
  await bed.clock.advance(60_000)
  const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
  assert.deepEqual(pauses.slice(0, 7), [50, 100, 200, 400, 800, 1_000, 1_000])
  assert.equal(write.state, 'open')
  bed.broker.onProduce = () => {}
  await bed.clock.advance(1_000)
  assert.equal(write.state, 'resolved')
})

test('P1 (rule 5): a reply that does not name a partition does not confirm it', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const [a, b] = [watch(bed.write(0, 'a')), watch(bed.write(1, 'b'))]
  await settle()
  bed.broker.open[0]?.reply([{ partition: 1, errorCode: 0, baseOffset: '0' }])
  await settle()
  assert.deepEqual([a.state, b.state], ['open', 'resolved'])
  bed.broker.hold = false
  await bed.clock.advance(50)
  assert.equal(a.state, 'resolved')
})

test('rule 7: a batch goes to the new leader at once when the leader moves', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = ({ broker }) => {
    if (broker === 2) return
    bed.broker.leaders.set(0, 2)
    bed.broker.announce()
    throw new RelayError('LEADER_MOVED', 'partition 0 is led by 2')
  }
  await bed.write(0, 'a')
  assert.deepEqual(
    bed.broker.requests.map(({ broker }) => broker),
    [1, 2],
  )
  assert.equal(bed.clock.monotonic(), 0, 'it waited although nothing was wrong')
})

test('rule 7: a backoff ends when metadata name another leader, which is asked for at most every 100 ms', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = ({ broker }) => {
    if (broker === 1) throw new Error('connect ECONNREFUSED')
  }
  const write = watch(bed.write(0, 'a'))
  await bed.clock.advance(10_000)
  const before = bed.broker.refreshes
  await bed.clock.advance(1_000)
  assert.ok(bed.broker.refreshes - before <= 10, `${bed.broker.refreshes - before} refreshes in a second`)
  bed.broker.leaders.set(0, 2)
  await bed.clock.advance(100)
  assert.equal(write.state, 'resolved')
})

test('a partition without leader waits for one, and its neighbours go on', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.leaders.delete(0)
  bed.broker.announce()
  const [a, b] = [watch(bed.write(0, 'a')), watch(bed.write(1, 'b'))]
  await bed.clock.advance(1_000)
  assert.deepEqual([a.state, b.state], ['open', 'resolved'])
  bed.broker.leaders.set(0, 3)
  await bed.clock.advance(200)
  assert.equal(a.state, 'resolved')
})

test('P2 (rule 4): the lane of a new leader leaves a partition alone while the old one has a batch of it in the air', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const writes = [bed.write(0, 'a')]
  await settle()
  bed.broker.leaders.set(0, 2)
  bed.broker.announce()
  writes.push(bed.write(0, 'b'), bed.write(1, 'x'))
  await bed.clock.advance(1_000)
  assert.equal(bed.broker.requests.length, 1)
  bed.broker.hold = false
  bed.broker.open[0]?.confirm()
  await Promise.all(writes)
  assert.deepEqual(bed.broker.log(0), ['a', 'b'])
  assert.deepEqual(bed.broker.requests.map(({ broker }) => broker).toSorted(), [1, 1, 2])
})

test('one record that the broker refuses is found by halving, and only its write is rejected', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = ({ batches }) => {
    const bad = batches.some(({ records }) => records.some(({ value }) => value.toString().startsWith('bad')))
    if (bad) throw protocolError('INVALID_RECORD', 87)
  }
  const good = ['a', 'b', 'c', 'd', 'e'].map((text) => bed.write(0, text))
  const mixed = bed.publisher.write([recordFor(0, 'f'), recordFor(0, 'bad one'), recordFor(1, 'g')])
  const last = bed.write(0, 'h')
  await assert.rejects(mixed, (error) => {
    assert.ok(isRelayError(error, 'RECORD_REJECTED'))
    assert.match(error.message, /INVALID_RECORD/)
    assert.deepEqual(
      (error.facts['rejected'] as { index: number }[]).map(({ index }) => index),
      [1],
    )
    return true
  })
  await Promise.all([...good, last])
  assert.deepEqual(bed.broker.log(0), ['a', 'b', 'c', 'd', 'e', 'f', 'h'])
  assert.deepEqual(bed.broker.log(1), ['g'])
  assert.equal(bed.telemetry.logged('error', /refuses a record/).length, 1)
  assert.equal(bed.telemetry.value('given_up_records_total broker'), 1)
})

test('rule 5: an offset that is not above the last raises the alarm, and the write still resolves', async (t) => {
  const bed = await PublisherBed.started(t)
  await bed.write(0, 'a', 'b')
  bed.broker.logs.delete(0)
  assert.deepEqual(await bed.write(0, 'c'), [{ partition: 0, offset: '0' }])
  assert.equal(bed.telemetry.value('order_alarms_total'), 1)
  assert.equal(bed.telemetry.logged('error', /not above the last/).length, 1)
})

test('rule 5: a batch that the broker already has is confirmed', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = () => {
    throw protocolError('DUPLICATE_SEQUENCE_NUMBER', 46)
  }
  assert.deepEqual(await bed.write(0, 'a'), [{ partition: 0, offset: '-1' }])
})
