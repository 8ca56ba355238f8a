import type { Sink } from '../../sink/sink.ts'

/** A sink, and what a check needs to see and do around it. */
export interface SinkUnderTest<T> {
  readonly sink: Sink<T>
  /** The numbers of the items at the far end, in the order they came, as often as they came. */
  received(): readonly number[] | Promise<readonly number[]>
  /** Whether the innermost sink has been closed. Leave it out for a sink that has none inside. */
  innerClosed?(): boolean
  /** Lets time pass on the manual clock of the sink, `ManualClock.advance`. Leave it out if it runs by the system's. */
  pass?(ms: number): Promise<void>
  /** Called after the check, whatever came of it. */
  dispose?(): Promise<void> | void
}

/** The same, with a far end that takes nothing until it is released. */
export interface HeldUpSink<T> extends SinkUnderTest<T> {
  release(): void
}

export interface SinkConformanceOptions<T> {
  create(): SinkUnderTest<T> | Promise<SinkUnderTest<T>>
  /** Needed for the checks of what is under way: close that waits, close with a dead end, an abort meanwhile. */
  createHeldUp?(): HeldUpSink<T> | Promise<HeldUpSink<T>>
  /** Makes item number `n`; `received` tells the number again. */
  item(n: number): T
  /**
   * `end-to-end` (default): when a write has resolved, its items are at the far end. `buffering`: they are on their way, and
   * there once `close` has resolved.
   */
  readonly kind?: 'end-to-end' | 'buffering'
  /** Milliseconds of the system's time that one check may take. Default 10,000. */
  readonly timeoutMs?: number
}

export interface ConformanceCheck {
  /** What the sink has to do, a sentence. */
  readonly name: string
  /** Rejects if it does not. */
  run(): Promise<void>
}
