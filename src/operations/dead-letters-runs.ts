/** One piece of work. `held`: an earlier one of the same key failed; it must only say so then. */
export type KeyedJob = (held: boolean) => Promise<boolean>

export interface KeyedRunsOptions {
  /** Keys that are worked on at once. */
  readonly concurrency: number
  /** Jobs that are taken before {@link KeyedRuns.add} waits. */
  readonly inHand: number
}

/**
 * Runs jobs, those of a key one after the other in the order in which they were added, several keys at once. Once a job of a key
 * answers false, all later ones of that key are held. One that throws ends all: nothing begins after it.
 */
export class KeyedRuns {
  readonly #options: KeyedRunsOptions
  readonly #lanes = new Map<string, KeyedJob[]>()
  readonly #ready: string[] = []
  readonly #failed = new Set<string>()
  readonly #waiting: (() => void)[] = []
  #running = 0
  #taken = 0
  #thrown: { readonly reason: unknown } | undefined

  constructor(options: KeyedRunsOptions) {
    this.#options = options
  }

  /** Takes a job over; resolves when the next one may come. Rejects with what a job threw. */
  async add(key: string, job: KeyedJob): Promise<void> {
    this.#check()
    this.#taken++
    const lane = this.#lanes.get(key)
    if (lane === undefined) {
      this.#lanes.set(key, [job])
      this.#ready.push(key)
      this.#begin()
    } else lane.push(job)
    while (this.#taken >= this.#options.inHand) await this.#change()
    this.#check()
  }

  /** Resolves when all jobs are done. Rejects with what a job threw, when none runs any more. */
  async drained(): Promise<void> {
    while (this.#running > 0 || (this.#taken > 0 && this.#thrown === undefined)) await this.#change()
    this.#check()
  }

  #begin(): void {
    while (this.#running < this.#options.concurrency && this.#thrown === undefined) {
      const key = this.#ready.shift()
      if (key === undefined) return
      this.#running++
      void this.#run(key)
    }
  }

  async #run(key: string): Promise<void> {
    const lane = this.#lanes.get(key) ?? []
    const job = lane.shift()
    try {
      if (job !== undefined && !(await job(this.#failed.has(key)))) this.#failed.add(key)
    } catch (reason) {
      this.#thrown ??= { reason }
    }
    this.#running--
    this.#taken--
    // At the end of the line: one key with many jobs must not keep the others waiting.
    if (lane.length > 0) this.#ready.push(key)
    else this.#lanes.delete(key)
    this.#begin()
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #change(): Promise<void> {
    if (this.#thrown !== undefined && this.#running === 0) this.#check()
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #check(): void {
    if (this.#thrown !== undefined) throw this.#thrown.reason
  }
}
