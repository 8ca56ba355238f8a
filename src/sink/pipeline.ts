import type { Sink } from './sink.ts'

/** Puts a sink in front of another. */
export type Stage<T> = (next: Sink<T>) => Sink<T>

/**
 * Composes sinks **in the order items travel**: each stage is given the one after it, the last argument is where they end.
 * Closing the result closes all of them, inwards.
 *
 *     const sink = pipeline<Event>(
 *       (next) => new FilterSink(next, (event) => event.action !== 'pull'),
 *       (next) => new EventQueue(next, { maxItems: 3_000 }),
 *       (next) => new RetryingSink(next, { strategy: new Breaker() }),
 *       endpoint,
 *     )
 *
 * Two orders look as good and are wrong:
 *
 * - **Retry before queue.** The queue resolves as soon as it holds the items, so the retrying sink sees a success each time and
 *   never tries anything twice; what the endpoint refuses is lost at the first attempt.
 * - **Queue before filter.** Items that nobody wants take room in the queue and count as its traffic: a burst of ignored pulls
 *   fills it, and pushes are dropped, or held up, for them.
 */
export function pipeline<T>(...parts: readonly [...stages: Stage<T>[], end: Sink<T>]): Sink<T> {
  const end = parts[parts.length - 1] as Sink<T>
  const stages = parts.slice(0, -1) as Stage<T>[]
  return stages.reduceRight((next, stage) => stage(next), end)
}
