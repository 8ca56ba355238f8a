import { Breaker } from '../../../src/sink/breaker.ts'
import { Broadcaster } from '../../../src/sink/broadcaster.ts'
import { EventQueue } from '../../../src/sink/event-queue.ts'
import { Exponential } from '../../../src/sink/exponential.ts'
import { FallbackSink } from '../../../src/sink/fallback-sink.ts'
import { FilterSink } from '../../../src/sink/filter-sink.ts'
import { pipeline } from '../../../src/sink/pipeline.ts'
import { RetryingSink } from '../../../src/sink/retrying-sink.ts'
import { FlakySink } from '../../../src/testing/flaky-sink.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { SlowSink } from '../../../src/testing/slow-sink.ts'
import { testConformance } from './sink-bed.ts'

const odd = (): never => {
  throw new Error('the main sink takes nothing')
}

testConformance('RecordingSink', 'end-to-end', (end) => end)
testConformance('FlakySink', 'end-to-end', (end) => new FlakySink(end, { errorRate: 0 }))
testConformance('SlowSink', 'end-to-end', (end, clock) => new SlowSink(end, { delayMs: 10, clock }))
testConformance('FilterSink', 'end-to-end', (end) => new FilterSink(end, () => true))
testConformance('EventQueue', 'buffering', (end, clock) => new EventQueue(end, { clock }))
testConformance('EventQueue of one item', 'buffering', (end, clock) => {
  return new EventQueue(end, { clock, maxItems: 1 })
})
testConformance('EventQueue with many writes in flight', 'buffering', (end, clock) => {
  return new EventQueue(end, { clock, maxInFlight: 50 })
})
testConformance('Broadcaster', 'buffering', (end, clock) => new Broadcaster([end], { clock }))
testConformance('Broadcaster that blocks', 'buffering', (end, clock) => {
  return new Broadcaster<number>([new RecordingSink(), end], { clock, maxLagItems: 1 })
})
testConformance('RetryingSink with a breaker', 'end-to-end', (end, clock) => {
  return new RetryingSink(end, { clock, strategy: new Breaker({ clock }) })
})
testConformance('RetryingSink around a flaky sink', 'end-to-end', (end, clock) => {
  const flaky = new FlakySink(end, { errorRate: 0.5 })
  return new RetryingSink(flaky, { clock, strategy: new Exponential({ baseMs: 1, maxMs: 10 }) })
})
testConformance('FallbackSink whose main sink works', 'end-to-end', (end, clock) => {
  // What the main sink gives up on closing would be saved by the fallback, where these checks do not look.
  return new FallbackSink<number>(end, new RecordingSink(), { clock, when: () => false })
})
testConformance('FallbackSink whose main sink fails', 'end-to-end', (end, clock) => {
  return new FallbackSink<number>(new RecordingSink({ onWrite: odd }), end, { clock })
})
testConformance('filter, queue and retry in a pipeline', 'buffering', (end, clock) => {
  return pipeline<number>(
    (next) => new FilterSink(next, () => true),
    (next) => new EventQueue(next, { clock }),
    (next) => new RetryingSink(next, { clock, strategy: new Breaker({ clock }) }),
    end,
  )
})
testConformance('a pipeline behind a broadcaster', 'buffering', (end, clock) => {
  const endpoint = pipeline<number>(
    (next) => new EventQueue(next, { clock, maxItems: 10 }),
    (next) => new RetryingSink(next, { clock, strategy: new Breaker({ clock }) }),
    (next) => new FlakySink(next, { errorRate: 0.3 }),
    end,
  )
  return new Broadcaster<number>([endpoint, new RecordingSink()], { clock })
})
