import type { Clock } from '../clock.ts'
import type { Gauge, Labels } from '../telemetry.ts'

/** What is said of one partition while this process has it. */
export class PartitionGauges {
  readonly #lag: Gauge
  readonly #oldest: Gauge
  readonly #clock: Clock
  readonly #labels: Labels

  constructor(lag: Gauge, oldest: Gauge, clock: Clock, labels: Labels) {
    this.#lag = lag
    this.#oldest = oldest
    this.#clock = clock
    this.#labels = labels
  }

  /** @param oldestReceivedAt of what has no outcome, milliseconds since the epoch; undefined: there is none */
  set(lag: bigint, oldestReceivedAt: number | undefined): void {
    this.#lag.set(Number(lag), this.#labels)
    const ageMs = oldestReceivedAt === undefined ? 0 : Math.max(0, this.#clock.now() - oldestReceivedAt)
    this.#oldest.set(ageMs / 1_000, this.#labels)
  }

  /** Whoever has the partition now tells of it; a number left standing here would be counted beside theirs. */
  remove(): void {
    this.#lag.remove(this.#labels)
    this.#oldest.remove(this.#labels)
  }
}
