import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Breaker } from '../../../src/sink/breaker.ts'
import { EventQueue } from '../../../src/sink/event-queue.ts'
import { FilterSink } from '../../../src/sink/filter-sink.ts'
import { pipeline, type Stage } from '../../../src/sink/pipeline.ts'
import { RetryingSink } from '../../../src/sink/retrying-sink.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { range } from './sink-bed.ts'

const clock = new ManualClock()
const retry: Stage<number> = (next) => new RetryingSink(next, { clock, strategy: new Breaker({ clock }) })
const queueOf =
  (lost: number[], maxItems = 10): Stage<number> =>
  (next) =>
    new EventQueue(next, {
      clock,
      maxItems,
      whenFull: 'drop-newest',
      observers: [{ lost: (items) => lost.push(...items), drop: (items) => lost.push(...items) }],
    })

/** Refuses each item once. */
function stubborn(): RecordingSink<number> {
  const refused = new Set<number>()
  return new RecordingSink<number>({
    clock,
    onWrite([item]) {
      if (refused.has(item as number)) return
      refused.add(item as number)
      throw new Error('once')
    },
  })
}

test('stages stand in the order items travel, and close goes through all of them', async () => {
  const steps: string[] = []
  const stage =
    (name: string): Stage<number> =>
    (next) => ({
      write(items, options) {
        steps.push(`write ${name}`)
        return next.write(items, options)
      },
      close(options) {
        steps.push(`close ${name}`)
        return next.close(options)
      },
    })
  const end = new RecordingSink<number>()
  const sink = pipeline(stage('first'), stage('second'), end)
  await sink.write([1])
  await sink.close()
  assert.deepEqual(steps, ['write first', 'write second', 'close first', 'close second'])
  assert.equal(end.closed, true)
})

test('a pipeline without stages is its end', () => {
  const end = new RecordingSink<number>()
  assert.equal(pipeline(end), end)
})

test('queue before retry loses nothing that is refused once; retry before queue, the wrong order, loses all of it', async () => {
  for (const [right, stages] of [
    [true, (lost: number[]) => [queueOf(lost), retry]],
    [false, (lost: number[]) => [retry, queueOf(lost)]],
  ] as const) {
    const lost: number[] = []
    const end = stubborn()
    const sink = pipeline<number>(...stages(lost), end)
    for (const n of range(0, 3)) await sink.write([n])
    await sink.close()
    assert.deepEqual(end.items, right ? [0, 1, 2] : [])
    assert.deepEqual(lost, right ? [] : [0, 1, 2])
  }
})

test('filter before queue keeps its room; queue before filter, the wrong order, drops for what nobody wants', async () => {
  const wanted: Stage<number> = (next) => new FilterSink(next, (n) => n >= 100)
  for (const [right, stages] of [
    [true, (lost: number[]) => [wanted, queueOf(lost, 2)]],
    [false, (lost: number[]) => [queueOf(lost, 2), wanted]],
  ] as const) {
    const lost: number[] = []
    const end = new RecordingSink<number>({ clock })
    const sink = pipeline<number>(...stages(lost), end)
    for (const n of [...range(0, 5), 100]) void sink.write([n])
    await sink.close()
    assert.deepEqual(end.items, right ? [100] : [])
    assert.equal(lost.includes(100), !right)
  }
})
