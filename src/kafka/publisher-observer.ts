import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import { RepeatFilter } from '../repeat-filter.ts'
import type { Logger } from '../telemetry.ts'
import type { FailureClass } from './classify.ts'
import type { Verdict } from './verdict.ts'

/** A produce request that has its outcome. */
export interface RequestReport {
  readonly topic: string
  /** Id of the broker it went to. */
  readonly broker: number
  readonly partitions: readonly number[]
  readonly records: number
  /** Before compression. */
  readonly bytes: number
  /** Milliseconds. */
  readonly tookMs: number
  /** `partly`: some of its partitions were confirmed. `failed`: nothing of it is known to be there. */
  readonly outcome: 'confirmed' | 'partly' | 'failed'
}

/** A batch that was not confirmed and goes out again unchanged. */
export interface RetryReport {
  readonly topic: string
  readonly partition: number
  readonly reason: FailureClass
  /** Attempts in a row that were not confirmed; 0 where nothing had been sent. */
  readonly attempts: number
  readonly error: Error
}

/** A producer that is replaced. */
export interface RebuildReport {
  readonly topic: string
  /** `sequence`: brokers lost track of it. `wrap`: its sequence numbers come to an end. */
  readonly reason: 'sequence' | 'wrap'
  /** Partitions with a batch whose outcome is not known; after reason `sequence` it may be there twice. */
  readonly unconfirmed: number
}

/**
 * Told what a publisher does, in the middle of its work: a call has to be quick. What it throws, or a promise of it
 * rejects with, is logged and changes nothing.
 */
export interface PublisherObserver {
  onRequest?(report: RequestReport): void
  onRetry?(report: RetryReport): void
  onRebuild?(report: RebuildReport): void
}

/** An observer that can do no harm. Reports are only made where somebody listens. */
export class SafeObserver {
  readonly #observer: PublisherObserver
  readonly #logger: Logger
  readonly #filter: RepeatFilter

  constructor(observer: PublisherObserver, logger: Logger, clock: Clock) {
    this.#observer = observer
    this.#logger = logger
    this.#filter = new RepeatFilter(clock)
  }

  request(report: () => RequestReport): void {
    if (this.#observer.onRequest !== undefined) this.#call(() => this.#observer.onRequest?.(report()))
  }

  retry(report: () => RetryReport): void {
    if (this.#observer.onRetry !== undefined) this.#call(() => this.#observer.onRetry?.(report()))
  }

  rebuild(report: () => RebuildReport): void {
    if (this.#observer.onRebuild !== undefined) this.#call(() => this.#observer.onRebuild?.(report()))
  }

  #call(observe: () => unknown): void {
    try {
      const result = observe()
      if (result instanceof Promise) result.catch((error: unknown) => this.#say(toError(error)))
    } catch (error) {
      this.#say(toError(error))
    }
  }

  #say(err: Error): void {
    const repeated = this.#filter.pass(err.message)
    if (repeated !== undefined) this.#logger.error({ err, repeated }, 'an observer of the publisher throws')
  }
}

export function requestReport(
  topic: string,
  broker: number,
  verdicts: readonly Verdict[],
  tookMs: number,
): RequestReport {
  const batches = verdicts.map(({ batch }) => batch)
  const confirmed = verdicts.filter(({ kind }) => kind === 'confirmed').length
  return {
    topic,
    broker,
    partitions: batches.map(({ partition }) => partition),
    records: batches.reduce((sum, { records }) => sum + records.length, 0),
    bytes: batches.reduce((sum, { bytes }) => sum + bytes, 0),
    tookMs,
    outcome: confirmed === batches.length ? 'confirmed' : confirmed > 0 ? 'partly' : 'failed',
  }
}
