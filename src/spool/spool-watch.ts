import type { Cancel, Clock } from '../clock.ts'
import type { Logger } from '../telemetry.ts'
import type { SpoolState } from './spool.ts'
import type { SpoolMetrics } from './spool-metrics.ts'

const everyMs = 1_000

/**
 * Shows the state of a spool once a second, also while nothing moves: the age of what waits grows exactly then. Says once
 * that the age is above its limit, and once that this is over.
 */
export class SpoolWatch {
  readonly #clock: Clock
  readonly #metrics: SpoolMetrics
  readonly #logger: Logger
  readonly #state: () => SpoolState
  #overdue = false
  #cancel: Cancel

  constructor(clock: Clock, metrics: SpoolMetrics, logger: Logger, state: () => SpoolState) {
    this.#clock = clock
    this.#metrics = metrics
    this.#logger = logger
    this.#state = state
    this.#cancel = () => {}
    this.#tick()
  }

  stop(): void {
    this.#cancel()
    this.#show()
  }

  #tick(): void {
    this.#show()
    this.#cancel = this.#clock.after(everyMs, () => this.#tick())
  }

  #show(): void {
    const state = this.#state()
    this.#metrics.bytes.set(state.bytes)
    this.#metrics.heldBytes.set(state.heldBytes)
    this.#metrics.limitBytes.set(state.maxBytes)
    this.#metrics.unacked.set(state.unacked)
    this.#metrics.oldestAge.set((state.oldestAgeMs ?? 0) / 1_000)
    if (state.overdue === this.#overdue) return
    this.#overdue = state.overdue
    const facts = { oldestAgeMs: state.oldestAgeMs, unacked: state.unacked, bytes: state.bytes }
    if (state.overdue) this.#logger.warn(facts, 'the oldest record of the spool waits longer than it should')
    else this.#logger.info(facts, 'no record of the spool waits longer than it should any more')
  }
}
