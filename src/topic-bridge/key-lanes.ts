import { setMaxListeners } from 'node:events'
import type { Cancel, Clock } from '../clock.ts'
import type { EndpointGate, Pass } from './endpoint-gate.ts'

/** Work for one record, done in attempts. */
export interface LaneJob {
  /** The next attempt asks something of the endpoint, and so needs a pass of its gate. */
  readonly needsEndpoint: boolean
  /**
   * One attempt. Resolves with undefined when the record has its outcome, else with the milliseconds to wait
   * before the next attempt. When `signal` is aborted it should end soon; what it resolves with then still
   * counts.
   * @param pass of the gate, for an attempt that needs one; the lane ends it
   */
  attempt(signal: AbortSignal, pass: Pass | undefined): Promise<number | undefined>
}

interface Lane<Job> {
  readonly jobs: Job[]
  state: 'queued' | 'flying' | 'paused'
  /** Ends the wait for a pass or for the next attempt. */
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
 * A lane is queued for a pass → flying (one attempt) → gone, or queued with its next job, or paused before
 * the next attempt → queued again. The next job of a lane starts only after the one before has its outcome.
 * **A pause holds no pass**: as many dead repositories as there are passes would otherwise stop all the
 * healthy ones.
 */
export class KeyLanes<Job extends LaneJob> {
  readonly #gate: EndpointGate
  readonly #clock: Clock
  readonly #onIdle: () => void
  readonly #lanes = new Map<string, Lane<Job>>()
  /** One for all: a signal for each attempt would cost more than the rest of a lane. */
  readonly #aborting = new AbortController()
  #stopped = false

  /** @param options.onIdle called each time no lane is busy any more */
  constructor(options: { gate: EndpointGate; clock: Clock; onIdle: () => void }) {
    // As many listeners as attempts are under way, and no leak.
    setMaxListeners(0, this.#aborting.signal)
    this.#gate = options.gate
    this.#clock = options.clock
    this.#onIdle = options.onIdle
  }

  /** Lanes that have something to do. */
  get busy(): number {
    return this.#lanes.size
  }

  add(key: string, job: Job): void {
    if (this.#stopped) return
    const lane = this.#lanes.get(key)
    if (lane !== undefined) {
      lane.jobs.push(job)
      return
    }
    const opened: Lane<Job> = { jobs: [job], state: 'queued', cancel: () => {} }
    this.#lanes.set(key, opened)
    this.#queue(key, opened)
  }

  /** Those that wait out a pause try again now: what they wait for is over. */
  hurry(): void {
    for (const [key, lane] of this.#lanes) {
      if (lane.state !== 'paused') continue
      lane.cancel()
      this.#queue(key, lane)
    }
  }

  /** For good: attempts under way go on, and nothing more is begun. */
  stop(): void {
    if (this.#stopped) return
    this.#stopped = true
    for (const [key, lane] of this.#lanes) {
      if (lane.state === 'flying') continue
      lane.cancel()
      this.#lanes.delete(key)
    }
    if (this.#lanes.size === 0) this.#onIdle()
  }

  /** Stops, and aborts the attempts under way. */
  abort(reason: unknown): void {
    this.stop()
    this.#aborting.abort(reason)
  }

  #queue(key: string, lane: Lane<Job>): void {
    lane.state = 'queued'
    if (lane.jobs[0]?.needsEndpoint === false) void this.#fly(key, lane, undefined)
    else lane.cancel = this.#gate.take((pass) => void this.#fly(key, lane, pass))
  }

  async #fly(key: string, lane: Lane<Job>, pass: Pass | undefined): Promise<void> {
    lane.state = 'flying'
    let pauseMs: number | undefined
    try {
      pauseMs = await lane.jobs[0]?.attempt(this.#aborting.signal, pass)
    } catch {
      pauseMs = afterFaultMs
    }
    if (pauseMs === undefined) lane.jobs.shift()
    if (this.#stopped || lane.jobs.length === 0) {
      this.#lanes.delete(key)
      pass?.end()
      if (this.#lanes.size === 0) this.#onIdle()
      return
    }
    // Before the pass is given on: its end may let another lane in, whose attempt closes the breaker and hurries this one.
    if (pauseMs === undefined || pauseMs === 0) this.#queue(key, lane)
    else {
      lane.state = 'paused'
      lane.cancel = this.#clock.after(pauseMs, () => this.#queue(key, lane))
    }
    pass?.end()
  }
}
