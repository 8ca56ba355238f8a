import { toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'

/**
 * What can be heard from sinks, one hook per interface: a sink asks for those it calls, an observer has those it wants.
 * They are called at once and must be quick. What they throw, or reject with, is logged and changes nothing.
 */
export interface IngressObserver<T> {
  /** Items entered a queue. Each of them leaves it by exactly one of `egress` and `drop`. */
  ingress(items: readonly T[]): void
}

export interface EgressObserver<T> {
  /** Items left a queue: the sink behind it answered, whatever it said, or their writer withdrew them. */
  egress(items: readonly T[]): void
}

/**
 * `full`: the limit was reached. `too-large`: one item alone is above the limit. `deadline`: still waiting when `close`
 * ran out of time. `sink-closed`: the sink behind was closed by somebody else.
 */
export type DropReason = 'full' | 'too-large' | 'deadline' | 'sink-closed'

export interface DropObserver<T> {
  /** Items left a queue without having been offered to the sink behind it. */
  drop(items: readonly T[], reason: DropReason): void
}

/** The three hooks of a sink that makes one attempt per write; each attempt calls exactly one of them. */
export interface SuccessObserver<T, Outcome = unknown> {
  success(items: readonly T[], outcome: Outcome): void
}

export interface FailureObserver<T, Outcome = unknown> {
  /** The far end answered, and said no. */
  failure(items: readonly T[], outcome: Outcome): void
}

export interface ErrorObserver<T> {
  /** There was no answer. */
  error(items: readonly T[], error: Error): void
}

export interface RetryObserver<T> {
  /** An attempt failed and is made again. `attempts` so far, from 1. */
  retry(items: readonly T[], error: Error, attempts: number): void
}

export interface DeliveredObserver<T> {
  /** The items were written after this many retries. */
  delivered(items: readonly T[], retries: number): void
}

export interface LostObserver<T> {
  /** The items were offered to the sink behind, were not taken, and are not tried again here. */
  lost(items: readonly T[], error: Error, retries: number): void
}

export interface DivertObserver<T> {
  /** The main sink did not take the items, the fallback did. */
  divert(items: readonly T[], error: Error): void
}

/** Calls observers, none of which can break the sink. */
export class Observers<Observer> {
  readonly #observers: readonly Observer[]
  readonly #logger: Logger

  constructor(observers: readonly Observer[] | undefined, logger: Logger) {
    this.#observers = observers ?? []
    this.#logger = logger
  }

  tell(call: (observer: Observer) => unknown): void {
    for (const observer of this.#observers) {
      try {
        const answer = call(observer)
        // An async hook fits the types. Its rejection would be nobody's, and end the process.
        if (answer instanceof Promise) answer.catch((thrown) => this.#failed(thrown))
      } catch (thrown) {
        this.#failed(thrown)
      }
    }
  }

  #failed(thrown: unknown): void {
    this.#logger.error({ err: toError(thrown) }, 'an observer of a sink threw; the sink goes on')
  }
}
