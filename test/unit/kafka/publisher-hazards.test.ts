import assert from 'node:assert/strict'
import { test } from 'node:test'
import { settle } from '../../support/manual-clock.ts'
import { PublisherBed, recordFor } from './publisher-bed.ts'
import { protocolError, type Request } from './scripted-producer.ts'

test('P2 (rule 4): a small write does not overtake a large one, because a partition has one batch under way', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.hold = true
  const writes = [bed.publisher.write(Array.from({ length: 400 }, (_, n) => recordFor(0, `large-${n}`)))]
  await settle()
  writes.push(bed.write(0, 'small'))
  await settle()
  assert.equal(bed.broker.open.length, 1)
  bed.broker.hold = false
  bed.broker.open[0]?.confirm()
  await Promise.all(writes)
  assert.equal(bed.broker.log(0).indexOf('small'), 400)
})

test('P10 (rule 10): no request carries more than 500 records of a partition, or 2,000 in all', async (t) => {
  const bed = await PublisherBed.started(t, { partitions: 6 })
  const records = Array.from({ length: 9_000 }, (_, n) => ({
    ...recordFor(0, String(n)),
    key: Buffer.from(`key-${n}`),
  }))
  await bed.publisher.write(records)
  const sizes = bed.broker.requests.map(({ batches }) => batches.map((batch) => batch.records.length))
  assert.equal(Math.max(...sizes.flat()), 500)
  assert.equal(Math.max(...sizes.map((request) => request.reduce((sum, n) => sum + n, 0))), 2_000)
})

test('P11 (rule 4): however many write at once, each broker has one request at a time', async (t) => {
  const bed = await PublisherBed.started(t, { partitions: 3, leaderOf: (partition) => partition })
  bed.broker.hold = true
  const open: number[] = []
  bed.broker.onProduce = ({ broker }: Request) => {
    open.push(bed.broker.open.filter((other) => other.broker === broker).length)
  }
  const writes = Array.from({ length: 10_000 }, (_, n) => bed.write(n % 3, String(n)))
  while (bed.publisher.pending.records > 0) {
    await settle()
    for (const request of [...bed.broker.open]) request.confirm()
  }
  await Promise.all(writes)
  assert.equal(Math.max(...open), 1)
})

test('P12 (rule 6): when one partition of a request is refused, the others go out again as they were, each alone', async (t) => {
  const bed = await PublisherBed.started(t)
  bed.broker.onProduce = ({ batches }) => {
    // What the client makes of one answer among several: the error of the whole request.
    if (batches.some(({ partition }) => partition === 1)) throw protocolError('NOT_ENOUGH_REPLICAS', 19)
  }
  const good = [bed.write(0, 'a', 'b'), bed.write(2, 'c')]
  bed.write(1, 'refused').catch(() => {})
  await bed.clock.advance(200)
  await Promise.all(good)
  assert.deepEqual(bed.broker.requests[0]?.texts, { 0: ['a', 'b'], 1: ['refused'], 2: ['c'] })
  const again = bed.broker.requests.slice(1).map(({ texts }) => texts)
  assert.ok(again.every((texts) => Object.keys(texts).length === 1))
  assert.deepEqual(again.filter((texts) => texts[1] === undefined).toSorted(), [
    { 0: ['a', 'b'] },
    { 2: ['c'] },
  ])
})

test('rule 1: all brokers of a topic share one producer, so that a partition keeps its producer id when it moves', async (t) => {
  const bed = await PublisherBed.started(t, { leaderOf: (partition) => partition })
  await Promise.all([bed.write(0, 'a'), bed.write(1, 'b'), bed.write(2, 'c')])
  bed.broker.leaders.set(0, 2)
  bed.broker.announce()
  await bed.write(0, 'd')
  assert.deepEqual(
    bed.broker.requests.map(({ broker }) => broker),
    [0, 1, 2, 2],
  )
  assert.equal(bed.broker.made, 1)
})
