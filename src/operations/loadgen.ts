import type { Cancel, Clock } from '../clock.ts'
import type { Profile } from '../event/profile.ts'
import { type Arrival, type FarReport, Ledger } from './loadgen-ledger.ts'
import type { Post } from './loadgen-post.ts'
import { LoadRegistry } from './loadgen-registry.ts'
import type { Retries } from './loadgen-retries.ts'
import { LoadSchedule } from './loadgen-schedule.ts'
import { runSender, type SenderHooks } from './loadgen-sender.ts'
import { Times, type TimesReport } from './loadgen-times.ts'

/** Where events come out. */
export interface FarEnd {
  /** Resolves when every event that is posted from now on will be seen. `onFailure`: it sees nothing any more. */
  open(onArrival: (arrival: Arrival) => void, onFailure: (error: Error) => void): Promise<void>
  /** Idempotent. */
  close(): Promise<void>
}

export interface LoadgenOptions {
  readonly profile: Profile
  readonly registries: number
  /** Of each registry. */
  readonly repositories: number
  /** Of all registries together; without it, and without `seconds`, until `stop`. */
  readonly events?: number | undefined
  readonly seconds?: number | undefined
  /** Of all registries together, a second; undefined: as fast as the gateway answers. */
  readonly rate?: number | undefined
  readonly seed: number
  /** Of one registry each. */
  readonly post: (registry: number) => Post
  readonly retries: (registry: number) => Retries
  /** Undefined: nobody looks what arrives. */
  readonly farEnd?: FarEnd | undefined
  /** For how long nothing may arrive before what is missing counts as lost. */
  readonly patienceMs: number
  /** For how long nothing may arrive before the run ends where nothing is missing: repeats come late. */
  readonly quietMs: number
  /** Other bytes at the far end are meant, as where a redaction policy makes them. */
  readonly alteredAllowed: boolean
  readonly clock: Clock
  /** No further event happens, and none is repeated; an answer that is out is waited for, at most a second. */
  readonly stop: AbortSignal
  /** Nor is anything waited for. */
  readonly giveUp: AbortSignal
  readonly onProgress: (progress: LoadProgress) => void
}

/** How far a run is. */
export interface LoadProgress {
  readonly taken: number
  /** To be posted; undefined when only the time, or nothing, ends it. */
  readonly total: number | undefined
  readonly retries: number
  /** Acknowledged and not arrived; 0 when nobody looks. */
  readonly waiting: number
  /** What the last attempt met, if it was not taken. */
  readonly trouble: string | undefined
  readonly posting: boolean
}

export interface LoadReport {
  readonly seed: number
  /** Events that happened. */
  readonly events: number
  /** Acknowledged by the gateway. */
  readonly taken: number
  /** Dropped by their registry after its last retry. */
  readonly givenUp: number
  /** Neither, until the run was stopped. */
  readonly unanswered: number
  readonly retries: number
  /** Attempts by status, or by what failed. */
  readonly answers: Readonly<Record<string, number>>
  /** Of attempts that were taken; undefined when none was. */
  readonly answerMs: TimesReport | undefined
  /** From the first event to the last answer. */
  readonly seconds: number
  /** Acknowledged a second. */
  readonly rate: number
  readonly alteredAllowed: boolean
  /** Undefined when nobody looked. */
  readonly farEnd: FarReport | undefined
}

/** A healthy gateway answers within that; as long as registries wait. */
const lastAnswerMs = 1_000

/**
 * Something was posted, all of it was taken, and it arrived: in order, and as it was posted.
 * Undefined: all was taken, and nobody looked whether it arrived.
 */
export function isClean({ events, taken, alteredAllowed, farEnd }: LoadReport): boolean | undefined {
  if (taken === 0 || taken !== events) return false
  if (farEnd === undefined) return undefined
  return farEnd.lost === 0 && farEnd.outOfOrder === 0 && (alteredAllowed || farEnd.altered === 0)
}

/** Posts, and waits for what is still on its way. Rejects when the far end cannot be opened, or failed. */
export async function runLoadgen(options: LoadgenOptions): Promise<LoadReport> {
  const run = new LoadRun(options)
  try {
    await run.open()
    await run.post()
    await run.stragglers()
    return run.report()
  } finally {
    await options.farEnd?.close()
  }
}

class LoadRun {
  readonly #options: LoadgenOptions
  readonly #ledger = new Ledger()
  readonly #answers = new Map<string, number>()
  readonly #answerMs = new Times()
  /** One for each registry: that many listeners of one signal are taken for a leak. */
  readonly #posters: readonly { readonly stop: AbortController; readonly callOff: AbortController }[]
  #cancelCallOff: Cancel = () => {}
  #failure: Error | undefined
  #events = 0
  #taken = 0
  #givenUp = 0
  #retries = 0
  #trouble: string | undefined
  #posting = true
  #began = 0
  #lastAnswerAt = 0
  #onArrival: () => void = () => {}
  #endWaiting: () => void = () => {}

  constructor(options: LoadgenOptions) {
    this.#options = options
    this.#posters = Array.from({ length: options.registries }, () => ({
      stop: new AbortController(),
      callOff: new AbortController(),
    }))
  }

  /** Resolves too when it is told to stop, as it may while the far end waits for Kafka. */
  async open(): Promise<void> {
    const { farEnd, clock, stop } = this.#options
    const opened = farEnd?.open(
      (arrival) => {
        if (!this.#ledger.arrived(arrival, clock.monotonic())) return
        this.#onArrival()
        this.#tell()
      },
      (error) => {
        this.#failure ??= error
        this.#callOff()
        this.#endWaiting()
      },
    )
    await new Promise<void>((resolve, reject) => {
      stop.addEventListener('abort', () => resolve(), { once: true })
      if (stop.aborted) resolve()
      Promise.resolve(opened).then(resolve, reject)
    })
  }

  async post(): Promise<void> {
    const { profile, registries, repositories, events, seconds, rate, seed, clock } = this.#options
    const release = this.#obeySignals()
    const schedule = new LoadSchedule({ registries, events, seconds, rate, now: () => clock.monotonic() })
    this.#began = clock.monotonic()
    this.#lastAnswerAt = this.#began
    const senders = this.#posters.map(({ stop, callOff }, index) =>
      runSender({
        registry: new LoadRegistry({ profile, seed, number: index + 1, repositories }),
        post: this.#options.post(index),
        retries: this.#options.retries(index),
        nextAt: () => schedule.next(index),
        hooks: this.#hooks(),
        clock,
        signal: stop.signal,
        callOff: callOff.signal,
      }),
    )
    try {
      await Promise.all(senders)
    } finally {
      release()
    }
    this.#posting = false
    this.#trouble = undefined
    this.#tell()
  }

  /**
   * Waits until nothing has come for a time: for the patience while something is missing that was acknowledged, and for the
   * shorter one when all is there, since a repeat comes behind the last event.
   */
  async stragglers(): Promise<void> {
    const { farEnd, patienceMs, quietMs, clock, giveUp } = this.#options
    if (farEnd === undefined || this.#events === 0) return
    await new Promise<void>((resolve) => {
      let cancel = (): void => {}
      this.#endWaiting = () => {
        cancel()
        resolve()
      }
      this.#onArrival = () => {
        cancel()
        cancel = clock.after(this.#ledger.waiting === 0 ? quietMs : patienceMs, resolve)
      }
      giveUp.addEventListener('abort', this.#endWaiting, { once: true })
      this.#onArrival()
      if (giveUp.aborted || this.#failure !== undefined) this.#endWaiting()
    })
    this.#onArrival = () => {}
    giveUp.removeEventListener('abort', this.#endWaiting)
    if (this.#failure !== undefined) throw this.#failure
  }

  report(): LoadReport {
    const { seed, alteredAllowed, farEnd } = this.#options
    const seconds = (this.#lastAnswerAt - this.#began) / 1_000
    return {
      seed,
      events: this.#events,
      taken: this.#taken,
      givenUp: this.#givenUp,
      unanswered: this.#events - this.#taken - this.#givenUp,
      retries: this.#retries,
      answers: Object.fromEntries([...this.#answers].toSorted(([a], [b]) => (a < b ? -1 : 1))),
      answerMs: this.#answerMs.report(),
      seconds: Math.round(seconds * 1_000) / 1_000,
      rate: seconds > 0 ? Math.round((this.#taken / seconds) * 10) / 10 : 0,
      alteredAllowed,
      farEnd: farEnd === undefined ? undefined : this.#ledger.report(),
    }
  }

  /** @returns takes it back */
  #obeySignals(): () => void {
    const { stop, giveUp } = this.#options
    const onStop = (): void => this.#endPosting()
    const onGiveUp = (): void => this.#callOff()
    stop.addEventListener('abort', onStop, { once: true })
    giveUp.addEventListener('abort', onGiveUp, { once: true })
    if (stop.aborted) onStop()
    if (giveUp.aborted) onGiveUp()
    return () => {
      this.#cancelCallOff()
      stop.removeEventListener('abort', onStop)
      giveUp.removeEventListener('abort', onGiveUp)
    }
  }

  #endPosting(): void {
    for (const { stop } of this.#posters) stop.abort()
    this.#cancelCallOff = this.#options.clock.after(lastAnswerMs, () => this.#callOff())
  }

  #callOff(): void {
    for (const { stop, callOff } of this.#posters) {
      stop.abort()
      callOff.abort()
    }
  }

  #hooks(): SenderHooks {
    return {
      onEvent: (event, happenedAt) => {
        this.#events += 1
        this.#ledger.posting(event, happenedAt)
      },
      onAnswer: (answer, ms, taken) => {
        this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1)
        if (taken) this.#answerMs.add(ms)
        this.#trouble = taken ? undefined : answer
        this.#tell()
      },
      onRetry: () => {
        this.#retries += 1
      },
      onEnd: ({ id }, taken) => {
        this.#lastAnswerAt = this.#options.clock.monotonic()
        if (!taken) {
          this.#givenUp += 1
          return
        }
        this.#taken += 1
        this.#ledger.taken(id)
      },
    }
  }

  #tell(): void {
    this.#options.onProgress({
      taken: this.#taken,
      total: this.#options.seconds === undefined ? this.#options.events : undefined,
      retries: this.#retries,
      waiting: this.#options.farEnd === undefined ? 0 : this.#ledger.waiting,
      trouble: this.#trouble,
      posting: this.#posting,
    })
  }
}
