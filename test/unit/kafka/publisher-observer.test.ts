import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { RebuildReport, RequestReport, RetryReport } from '../../../src/kafka/publisher-observer.ts'
import { settle } from '../../support/manual-clock.ts'
import { PublisherBed } from './publisher-bed.ts'
import { protocolError } from './scripted-producer.ts'

class Recorded {
  readonly requests: RequestReport[] = []
  readonly retries: RetryReport[] = []
  readonly rebuilds: RebuildReport[] = []

  onRequest(report: RequestReport): void {
    this.requests.push(report)
  }

  onRetry(report: RetryReport): void {
    this.retries.push(report)
  }

  onRebuild(report: RebuildReport): void {
    this.rebuilds.push(report)
  }
}

test('an observer is told of every request: broker, partitions, size, time and outcome', async (t) => {
  const observer = new Recorded()
  const bed = await PublisherBed.started(t, { observer, leaderOf: () => 7 })
  bed.broker.hold = true
  const writes = [bed.write(0, 'a', 'b'), bed.write(2, 'c')]
  await settle()
  await bed.clock.advance(20)
  const { bytes } = bed.publisher.pending
  bed.broker.open[0]?.confirm()
  await Promise.all(writes)
  assert.deepEqual(observer.requests, [
    { topic: 'events', broker: 7, partitions: [0, 2], records: 3, bytes, tookMs: 20, outcome: 'confirmed' },
  ])
  assert.deepEqual(observer.retries, [])
})

test('an observer is told what was not confirmed, why, and how often', async (t) => {
  const observer = new Recorded()
  const bed = await PublisherBed.started(t, { observer })
  bed.broker.hold = true
  const writes = [bed.write(0, 'a'), bed.write(1, 'b')]
  await settle()
  bed.broker.open[0]?.reply([{ partition: 1, errorCode: 0, baseOffset: '0' }])
  await bed.clock.advance(50)
  bed.broker.open[0]?.fail(new RelayError('LEADER_MOVED', 'elsewhere'))
  bed.broker.hold = false
  await bed.clock.advance(100)
  await Promise.all(writes)
  assert.deepEqual(
    observer.requests.map(({ outcome }) => outcome),
    ['partly', 'failed', 'confirmed'],
  )
  assert.deepEqual(
    observer.retries.map(({ partition, reason, attempts }) => ({ partition, reason, attempts })),
    [
      { partition: 0, reason: 'retry', attempts: 1 },
      { partition: 0, reason: 'leader-moved', attempts: 1 },
    ],
  )
})

test('an observer is told of a producer that is replaced, and how many partitions that leaves in doubt', async (t) => {
  const observer = new Recorded()
  const bed = await PublisherBed.started(t, { observer })
  bed.broker.onProduce = ({ producer }) => {
    if (producer === 1) throw protocolError('UNKNOWN_PRODUCER_ID', 59)
  }
  const write = bed.write(0, 'a')
  await bed.clock.advance(1_000)
  await write
  assert.deepEqual(observer.rebuilds, [{ topic: 'events', reason: 'sequence', unconfirmed: 1 }])
})

test('an observer that throws, or whose promise rejects, is logged and changes nothing', async (t) => {
  const bed = await PublisherBed.started(t, {
    observer: {
      onRequest: () => {
        throw new Error('observer is broken')
      },
      onRetry: async () => {
        throw new Error('observer is late')
      },
    },
  })
  let failures = 3
  bed.broker.onProduce = () => {
    if (failures-- > 0) throw new Error('socket hang up')
  }
  const write = bed.write(0, 'a')
  await bed.clock.advance(1_000)
  assert.deepEqual(await write, [{ partition: 0, offset: '0' }])
  const lines = bed.telemetry.logged('error', /an observer of the publisher throws/)
  assert.deepEqual(lines.map(({ facts }) => String(facts['err'])).toSorted(), [
    'Error: observer is broken',
    'Error: observer is late',
  ])
})

test('size of requests, time to the confirmation and changes of layout are counted', async (t) => {
  const bed = await PublisherBed.started(t)
  await Promise.all([bed.write(0, 'a', 'b'), bed.write(1, 'c')])
  assert.equal(bed.telemetry.value('request_records'), 1)
  assert.equal(bed.telemetry.value('request_bytes'), 1)
  assert.equal(bed.telemetry.value('produce_seconds'), 1)
  assert.equal(bed.telemetry.value('ack_seconds'), 2, 'once for each batch')
  bed.broker.partitionCount = 4
  bed.broker.leaders.set(3, 1)
  bed.broker.announce()
  assert.equal(bed.telemetry.value('partition_changes_total'), 1, 'also where nothing had to be awaited')
})
