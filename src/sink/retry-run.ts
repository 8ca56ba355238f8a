import type { Clock } from '../clock.ts'
import { longestTimerMs } from './deadline.ts'
import { SinkClosedError } from './sink.ts'

type Stage = 'turn' | 'pause' | 'attempt'

/** One write on its way through a retrying sink: at each point waiting for one thing, and ready to be told to stop. */
export class RetryRun {
  readonly #abort = new AbortController()
  #stage: Stage = 'turn'
  #failure: Error | undefined
  #interrupt: (reason: unknown) => void = () => {}
  #over: { readonly reason: unknown } | undefined

  /** For attempts: aborted when the caller, or the deadline of `close`, no longer waits for them. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** An attempt failed, and there may be another. */
  failed(error: Error): void {
    this.#failure = error
  }

  /** The sink is closed: no further attempt, one that is under way may end. The last failure is the cause that is told. */
  stop(): void {
    const reason = new SinkClosedError({ cause: this.#failure })
    this.#over ??= { reason }
    if (this.#stage !== 'attempt') this.#interrupt(reason)
  }

  /** Ends the run now, whether or not what is under way obeys its signal. */
  abandon(reason: unknown): void {
    this.#over = { reason }
    this.#abort.abort(reason)
    this.#interrupt(reason)
  }

  /** @throws the reason it was stopped or abandoned with */
  throwIfOver(): void {
    if (this.#over !== undefined) throw this.#over.reason
  }

  turn(before: Promise<void>): Promise<void> {
    return this.#during('turn', before)
  }

  attempt<R>(work: Promise<R>): Promise<R> {
    return this.#during('attempt', work)
  }

  /** A strategy that never waits must not keep I/O from its turn: even a pause of 0 lets the event loop go round once. */
  async pause(clock: Clock, ms: number): Promise<void> {
    // An observer of the failure may just have closed the sink: there is nothing to wait for then.
    this.throwIfOver()
    let cancel = (): void => {}
    const over = new Promise<void>((resolve) => {
      cancel = ms > 0 ? clock.after(Math.min(ms, longestTimerMs), resolve) : clock.soon(resolve)
    })
    try {
      await this.#during('pause', over)
    } finally {
      cancel()
    }
  }

  #during<R>(stage: Stage, work: Promise<R>): Promise<R> {
    this.#stage = stage
    return new Promise((resolve, reject) => {
      this.#interrupt = reject
      work.then(resolve, reject)
    })
  }
}
