import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { PartitionCommit } from '../../../src/kafka/consumer-port.ts'
import { BridgeObserver } from '../../../src/topic-bridge/bridge-observer.ts'
import { type Committable, Committer } from '../../../src/topic-bridge/committer.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { RecordingTelemetry } from './bridge-support.ts'
import { ScriptedConsumer } from './scripted-consumer.ts'

/** A partition whose offset the test moves. */
class Progress implements Committable {
  readonly partition: number
  readonly confirmations: bigint[] = []
  /** What `due` was asked for. */
  readonly asked: number[] = []
  next = 0n
  metadata = ''
  #dirty = false

  constructor(partition: number) {
    this.partition = partition
  }

  move(next: bigint): void {
    this.next = next
    this.#dirty = true
  }

  due(maxMetadata: number): PartitionCommit | undefined {
    if (!this.#dirty) return undefined
    this.#dirty = false
    this.asked.push(maxMetadata)
    const metadata = this.metadata.slice(0, maxMetadata)
    return { topic: 'events', partition: this.partition, next: this.next, metadata }
  }

  confirmed({ next }: PartitionCommit): void {
    this.confirmations.push(next)
  }

  refused(): void {
    this.#dirty = true
  }
}

function setUp(intervalMs = 100) {
  const clock = new ManualClock()
  const consumer = new ScriptedConsumer()
  const telemetry = new RecordingTelemetry()
  const committer = new Committer({
    commit: (offsets) => consumer.commit(offsets),
    intervalMs,
    clock,
    observer: new BridgeObserver(telemetry, clock, 'billing', 'relay.billing'),
  })
  const partitions = [new Progress(0), new Progress(1), new Progress(2)] as const
  const move = (partition: Progress, next: bigint): void => {
    partition.move(next)
    committer.changed(partition)
  }
  /** Commits stay open until the function that is returned is called. */
  const hold = (): (() => void) => {
    let goOn = (): void => {}
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    consumer.delay = () => held
    return () => {
      consumer.delay = undefined
      goOn()
    }
  }
  return { clock, consumer, telemetry, committer, partitions, move, hold }
}

function placesOf(offsets: readonly PartitionCommit[] | undefined): string[] {
  return (offsets ?? []).map(({ partition, next }) => `${partition}@${next}`)
}

test('after a quiet time a change is committed at once, so that a crash repeats nothing', async () => {
  const { clock, consumer, partitions, move } = setUp()
  await clock.advance(60_000)
  move(partitions[0], 5n)
  await clock.advance(0)
  assert.deepEqual(placesOf(consumer.requests[0]), ['0@5'])
  assert.deepEqual(partitions[0].confirmations, [5n])
  assert.equal(clock.pending, 0)
})

test('changes of many partitions are one request', async () => {
  const { clock, consumer, partitions, move } = setUp()
  partitions.forEach((partition, n) => {
    move(partition, BigInt(n))
  })
  await clock.advance(0)
  assert.equal(consumer.requests.length, 1)
  assert.deepEqual(placesOf(consumer.requests[0]), ['0@0', '1@1', '2@2'])
})

test('under load there is one request in an interval, with what all of them have by then', async () => {
  const { clock, consumer, partitions, move } = setUp(100)
  for (let n = 1n; n <= 50n; n++) {
    for (const partition of partitions) move(partition, n)
    await clock.advance(10)
  }
  assert.deepEqual(consumer.committed(1), [1n, 10n, 20n, 30n, 40n, 50n])
  assert.equal(consumer.requests.length, 6)
})

test('the interval begins when the request before has ended, and no two are open', async () => {
  const { clock, consumer, partitions, move, hold } = setUp(100)
  const goOn = hold()
  move(partitions[0], 1n)
  await clock.advance(1_000)
  move(partitions[0], 2n)
  move(partitions[1], 9n)
  await clock.advance(1_000)
  assert.equal(consumer.requests.length, 0)
  goOn()
  await clock.advance(99)
  assert.deepEqual(placesOf(consumer.requests.flat()), ['0@1'])
  await clock.advance(1)
  assert.deepEqual(placesOf(consumer.requests[1]), ['0@2', '1@9'])
  assert.equal(consumer.mostOpen, 1)
})

test('a refused commit marks nothing, is said, and is made again after a second', async () => {
  const { clock, consumer, partitions, move, telemetry } = setUp(100)
  consumer.refusal = new Error('REBALANCE_IN_PROGRESS')
  move(partitions[0], 1n)
  move(partitions[1], 2n)
  await clock.advance(0)
  consumer.refusal = undefined
  move(partitions[0], 3n)
  await clock.advance(999)
  assert.deepEqual([consumer.requests.length, partitions[0].confirmations], [0, []])
  await clock.advance(1)
  assert.deepEqual(placesOf(consumer.requests[0]), ['0@3', '1@2'])
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 1)
  assert.deepEqual(telemetry.lines[0]?.facts['offsets'], ['events-0@1', 'events-1@2'])
})

test('a group that refuses for ever is asked once in a second', async () => {
  const { clock, consumer, partitions, move, telemetry } = setUp(100)
  consumer.refusal = new Error('NOT_COORDINATOR')
  move(partitions[0], 1n)
  await clock.advance(60_000)
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 61)
})

test('a longer interval holds after a refusal too', async () => {
  const { clock, consumer, partitions, move } = setUp(5_000)
  consumer.refusal = new Error('NOT_COORDINATOR')
  move(partitions[0], 1n)
  await clock.advance(0)
  consumer.refusal = undefined
  await clock.advance(4_999)
  assert.equal(consumer.requests.length, 0)
  await clock.advance(1)
  assert.equal(consumer.requests.length, 1)
})

test('a flush waits for the request that is open, and commits what has come since', async () => {
  const { clock, consumer, committer, partitions, move, hold } = setUp(100)
  const goOn = hold()
  move(partitions[0], 1n)
  await clock.advance(0)
  partitions[0].move(2n)
  let flushed = false
  const flush = committer.flush([partitions[0]]).then(() => {
    flushed = true
  })
  await settle()
  assert.deepEqual([flushed, consumer.requests.length], [false, 0])
  goOn()
  await flush
  assert.deepEqual(consumer.committed(), [1n, 2n])
  assert.equal(consumer.mostOpen, 1)
})

test('a flush does not wait for the interval, and commits nothing of others', async () => {
  const { clock, consumer, committer, partitions, move } = setUp(60_000)
  move(partitions[0], 1n)
  await clock.advance(0)
  move(partitions[0], 2n)
  move(partitions[1], 7n)
  await committer.flush([partitions[0]])
  assert.deepEqual([clock.monotonic(), consumer.committed(0), consumer.committed(1)], [0, [1n, 2n], []])
  await clock.advance(60_000)
  assert.deepEqual([consumer.committed(0), consumer.committed(1)], [[1n, 2n], [7n]])
})

test('what falls due while a flush is open waits for its end, so that no commit overtakes it', async () => {
  const { clock, consumer, committer, partitions, move, hold } = setUp(100)
  move(partitions[0], 1n)
  await clock.advance(0)
  move(partitions[1], 7n)
  const goOn = hold()
  partitions[0].move(2n)
  const flush = committer.flush([partitions[0]])
  await clock.advance(1_000)
  const another = committer.flush([partitions[1]])
  await settle()
  assert.deepEqual([consumer.open, consumer.mostOpen], [1, 1])
  goOn()
  await Promise.all([flush, another])
  assert.deepEqual([consumer.committed(0), consumer.committed(1), consumer.mostOpen], [[1n, 2n], [7n], 1])
})

test('a flush that is refused comes to an end and does not reject', async () => {
  const { consumer, committer, partitions, telemetry } = setUp()
  consumer.refusal = new Error('ILLEGAL_GENERATION')
  partitions[0].move(2n)
  await committer.flush([partitions[0]])
  assert.deepEqual(partitions[0].confirmations, [])
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 1)
})

test('a partition that is forgotten is not committed, and nothing is left to be done for it', async () => {
  const { clock, consumer, committer, partitions, move } = setUp()
  move(partitions[0], 1n)
  move(partitions[1], 1n)
  committer.forget(partitions[0])
  assert.equal(clock.pending, 1)
  committer.forget(partitions[1])
  assert.equal(clock.pending, 0)
  await clock.advance(10_000)
  assert.equal(consumer.requests.length, 0)
  move(partitions[1], 2n)
  await clock.advance(0)
  assert.deepEqual(placesOf(consumer.requests[0]), ['1@2'])
})

test('nothing that changed costs no request', async () => {
  const { clock, consumer, committer, partitions } = setUp()
  committer.changed(partitions[0])
  await clock.advance(10_000)
  await committer.flush(partitions)
  assert.equal(consumer.requests.length, 0)
})

test('metadata that the group does not take is halved, at once, and left out in the end; then that is remembered', async () => {
  const { clock, consumer, partitions, move, telemetry } = setUp()
  let most = 150
  const seen: number[] = []
  consumer.onCommit = ({ metadata }) => {
    seen.push(metadata.length)
    if (metadata.length > most) throw new RelayError('COMMIT_METADATA_TOO_LARGE', 'too long')
  }
  partitions[0].metadata = 'm'.repeat(1_000)
  move(partitions[0], 1n)
  move(partitions[1], 2n)
  await clock.advance(0)
  assert.deepEqual(
    seen.filter((length) => length > 0),
    [1_000, 500, 250, 125],
  )
  assert.deepEqual([partitions[0].confirmations, partitions[1].confirmations], [[1n], [2n]])
  most = 10
  move(partitions[0], 3n)
  await clock.advance(100)
  assert.deepEqual(
    [seen.slice(-2), partitions[0].confirmations],
    [
      [125, 0],
      [1n, 3n],
    ],
  )
  move(partitions[0], 4n)
  await clock.advance(100)
  assert.deepEqual([seen.at(-1), partitions[0].asked.at(-1)], [0, 0])
  const limits = telemetry.lines.map(({ facts }) => facts['next'])
  assert.deepEqual(limits, [500, 250, 125, 0])
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 0)
})

test('a group that says so of no metadata at all is not asked in a loop', async () => {
  const { clock, consumer, partitions, move, telemetry } = setUp()
  consumer.refusal = new RelayError('COMMIT_METADATA_TOO_LARGE', 'too long')
  move(partitions[0], 1n)
  await clock.advance(10_000)
  assert.equal(telemetry.values.get('registry_relay_bridge_commit_failures_total billing'), 11)
})
