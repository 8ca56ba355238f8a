export interface LoadScheduleOptions {
  readonly registries: number
  /** Of all registries together; undefined: no end. */
  readonly events?: number | undefined
  /** Events happen for so long. */
  readonly seconds?: number | undefined
  /** Events a second, of all registries together; undefined: each as soon as the one before was taken. */
  readonly rate?: number | undefined
  /** Monotonic milliseconds. */
  readonly now: () => number
}

/**
 * When events happen. At a rate they happen whether or not the gateway takes them: what it is slow with waits, as it does in a
 * registry, and the wait counts.
 */
export class LoadSchedule {
  readonly #options: LoadScheduleOptions
  readonly #began: number
  readonly #turns: number[]
  #begun = 0

  constructor(options: LoadScheduleOptions) {
    this.#options = options
    this.#began = options.now()
    this.#turns = Array.from({ length: options.registries }, () => 0)
  }

  /**
   * For the registry of this index, from 0: when its next event happens.
   * @returns undefined: there is none any more
   */
  next(registry: number): number | undefined {
    const { registries, events = Number.POSITIVE_INFINITY, seconds, rate, now } = this.#options
    if (this.#begun >= events) return undefined
    const turn = this.#turns[registry] ?? 0
    const at = rate === undefined ? now() : this.#began + ((turn * registries + registry) * 1_000) / rate
    if (seconds !== undefined && at >= this.#began + seconds * 1_000) return undefined
    this.#turns[registry] = turn + 1
    this.#begun += 1
    return at
  }
}
