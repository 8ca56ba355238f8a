import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EventQueue } from '../../../src/sink/event-queue.ts'
import { FilterSink } from '../../../src/sink/filter-sink.ts'
import { SinkClosedError } from '../../../src/sink/sink.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { range } from './sink-bed.ts'

const isEven = (n: number): boolean => n % 2 === 0

test('keeps what is to be kept, in order, and says yes to the rest', async () => {
  const end = new RecordingSink<number>()
  const sink = new FilterSink(end, isEven)
  assert.equal(await sink.write(range(0, 10)), 5)
  assert.equal(await sink.write([11]), undefined)
  assert.deepEqual(end.items, [0, 2, 4, 6, 8])
  assert.equal(end.writes.length, 1, 'the inner sink is not asked about nothing')
})

test('the array that was written keeps what the filter took out', async () => {
  const items = range(0, 4)
  await new FilterSink(new RecordingSink<number>(), isEven).write(items)
  assert.deepEqual(items, [0, 1, 2, 3])
})

test('close through a filter reaches the queue behind it, which delivers what it has and closes its sink', async () => {
  const end = new RecordingSink<number>()
  const release = end.hold()
  const sink = new FilterSink(new EventQueue(end), isEven)
  await sink.write([2])
  const closing = sink.close()
  release()
  await closing
  assert.deepEqual(end.items, [2])
  assert.equal(end.closed, true)
  await assert.rejects(sink.write([4]), SinkClosedError)
  await assert.rejects(sink.write([3]), SinkClosedError, 'also of what would be taken out')
})

test('a filter passes the outcome of the inner close and the deadline on', async () => {
  let given: number | undefined
  const sink = new FilterSink<number>(
    {
      write: async () => {},
      close: (options) => {
        given = options?.deadlineMs
        return Promise.reject(new Error('stuck'))
      },
    },
    isEven,
  )
  await assert.rejects(sink.close({ deadlineMs: 7 }), /stuck/)
  await assert.rejects(sink.close(), /stuck/)
  assert.equal(given, 7)
})

test('a predicate that throws rejects the write, and nothing of it is written', async () => {
  const end = new RecordingSink<number>()
  const sink = new FilterSink(end, (n) => {
    if (n === 2) throw new Error('cannot say')
    return true
  })
  await assert.rejects(sink.write([1, 2]), /cannot say/)
  assert.deepEqual(end.items, [])
})
