import type { Cancel, Clock } from '../clock.ts'
import type { DeliverySlots } from './delivery-slots.ts'

/** Work for one record, done in attempts. */
export interface LaneJob {
  /**
   * One attempt. Resolves with undefined when the record has its outcome, else with the milliseconds to wait
   * before the next attempt. When `signal` is aborted it should end soon; what it resolves with then still
   * counts.
   */
  attempt(signal: AbortSignal): Promise<number | undefined>
}

interface Lane<Job> {
  readonly jobs: Job[]
  state: 'queued' | 'flying' | 'paused'
  /** Ends the wait for a slot or for the next attempt. */
  cancel: Cancel
}

/**
 * A job must not reject. One that does is tried again after this pause: better a slow lane than a lost
 * record.
 */
const afterFaultMs = 1_000

/**
 * Order per key, many keys at once.
 *
 * A lane is queued for a slot → flying (one attempt) → gone, or queued with its next job, or paused before
 * the next attempt → queued again. The next job of a lane starts only after the one before has its outcome.
 * **A pause holds no slot**: as many dead repositories as there are slots would otherwise stop all the
 * healthy ones.
 */
export class KeyLanes<Job extends LaneJob> {
  readonly #slots: DeliverySlots
  readonly #clock: Clock
  readonly #onIdle: () => void
  readonly #lanes = new Map<string, Lane<Job>>()
  readonly #flying = new Set<AbortController>()
  #unfinished = 0
  /** Once stopped: what is begun all the same. */
  #stillWanted: ((job: Job) => boolean) | undefined

  /** @param options.onIdle called each time no lane is busy any more */
  constructor(options: { slots: DeliverySlots; clock: Clock; onIdle: () => void }) {
    this.#slots = options.slots
    this.#clock = options.clock
    this.#onIdle = options.onIdle
  }

  /** Jobs without outcome, those dropped by {@link stop} included. */
  get unfinished(): number {
    return this.#unfinished
  }

  /** Lanes that have something to do. */
  get busy(): number {
    return this.#lanes.size
  }

  add(key: string, job: Job): void {
    this.#unfinished++
    if (this.#stillWanted !== undefined) return
    const lane = this.#lanes.get(key)
    if (lane !== undefined) {
      lane.jobs.push(job)
      return
    }
    const opened: Lane<Job> = { jobs: [job], state: 'queued', cancel: () => {} }
    this.#lanes.set(key, opened)
    this.#queue(key, opened)
  }

  /**
   * For good: attempts under way go on, and of the rest only jobs that are `wanted` are begun. A lane that
   * waits out a pause, or fails from now on, is dropped: waiting for a dead endpoint is what a stop is to
   * end.
   */
  stop(wanted: (job: Job) => boolean): void {
    if (this.#stillWanted !== undefined) return
    this.#stillWanted = wanted
    this.#dropUnwanted()
  }

  /** Drops everything, and aborts the attempts under way. */
  abort(reason: unknown): void {
    this.#stillWanted = () => false
    this.#dropUnwanted()
    for (const attempt of this.#flying) attempt.abort(reason)
  }

  #dropUnwanted(): void {
    for (const [key, lane] of this.#lanes) {
      if (lane.state === 'flying' || (lane.state === 'queued' && this.#wants(lane.jobs[0]))) continue
      lane.cancel()
      this.#lanes.delete(key)
    }
    if (this.#lanes.size === 0) this.#onIdle()
  }

  #wants(job: Job | undefined): boolean {
    return job !== undefined && (this.#stillWanted === undefined || this.#stillWanted(job))
  }

  #queue(key: string, lane: Lane<Job>): void {
    lane.state = 'queued'
    lane.cancel = this.#slots.take(() => void this.#fly(key, lane))
  }

  async #fly(key: string, lane: Lane<Job>): Promise<void> {
    lane.state = 'flying'
    const attempt = new AbortController()
    this.#flying.add(attempt)
    let pauseMs: number | undefined
    try {
      pauseMs = await lane.jobs[0]?.attempt(attempt.signal)
    } catch {
      pauseMs = afterFaultMs
    }
    this.#flying.delete(attempt)
    this.#slots.release()
    if (pauseMs === undefined) {
      this.#unfinished--
      lane.jobs.shift()
    }
    if (pauseMs !== undefined && this.#stillWanted === undefined) {
      lane.state = 'paused'
      lane.cancel = this.#clock.after(pauseMs, () => this.#queue(key, lane))
    } else if (pauseMs === undefined && this.#wants(lane.jobs[0])) {
      this.#queue(key, lane)
    } else {
      this.#lanes.delete(key)
      if (this.#lanes.size === 0) this.#onIdle()
    }
  }
}
