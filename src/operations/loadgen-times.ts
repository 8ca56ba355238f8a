/** Of durations, in milliseconds, rounded to a hundredth. */
export interface TimesReport {
  readonly count: number
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly max: number
}

/** Durations of a run, all of them: a run has at most a few millions. */
export class Times {
  readonly #all: number[] = []

  add(ms: number): void {
    this.#all.push(ms)
  }

  /** Undefined when there was none. */
  report(): TimesReport | undefined {
    const sorted = Float64Array.from(this.#all).sort()
    if (sorted.length === 0) return undefined
    // The smallest that is not below the share of all.
    const at = (share: number): number =>
      rounded(sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0)
    return { count: sorted.length, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 100) / 100
}
