import { createHash } from 'node:crypto'
import type { Event } from '../event/event.ts'
import type { LoadEvent } from './loadgen-registry.ts'
import { sequenceOf } from './loadgen-sequence.ts'
import { Times, type TimesReport } from './loadgen-times.ts'

/** An event at the far end. */
export interface Arrival {
  readonly event: Event
  /** The Envelope, as it came. */
  readonly body: string
}

/** What became of the events at the far end. */
export interface FarReport {
  /** Different ones. */
  readonly arrived: number
  /** Acknowledged, and not there. */
  readonly lost: number
  /** Arrivals of an event that had arrived. */
  readonly duplicates: number
  /** Events that arrived behind a later one of their repository. */
  readonly outOfOrder: number
  /** Other bytes than were posted, as a redaction policy makes them. */
  readonly altered: number
  /** From when the event happened at the registry; undefined when none arrived. */
  readonly latencyMs: TimesReport | undefined
  /** Some of those that were lost or out of order, for whoever looks for them. */
  readonly examples: readonly FarExample[]
}

export interface FarExample {
  readonly fate: 'lost' | 'out of order'
  readonly id: string
  readonly repository: string
  readonly sequence: number
}

interface Entry {
  readonly repository: string
  readonly sequence: number
  readonly happenedAt: number
  readonly digest: string
  taken: boolean
  arrived: boolean
}

const mostExamples = 10

/** Who was posted, who was acknowledged and who arrived. Times are monotonic milliseconds. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  /** By repository the latest that arrived. */
  readonly #latest = new Map<string, number>()
  readonly #latency = new Times()
  readonly #outOfOrder: FarExample[] = []
  #waiting = 0
  #arrived = 0
  #duplicates = 0
  #outOfOrderCount = 0
  #altered = 0

  /** Before its first attempt. */
  posting({ id, repository, sequence, body }: LoadEvent, happenedAt: number): void {
    const digest = digestOf(body)
    this.#entries.set(id, { repository, sequence, happenedAt, digest, taken: false, arrived: false })
  }

  /** It was acknowledged. */
  taken(id: string): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.taken) return
    entry.taken = true
    // It may have arrived before its answer.
    if (!entry.arrived) this.#waiting += 1
  }

  /** @returns false: it is none of this run */
  arrived({ event, body }: Arrival, now: number): boolean {
    const id = event.id ?? ''
    const entry = this.#entries.get(id)
    if (entry === undefined) return false
    if (entry.arrived) {
      this.#duplicates += 1
      return true
    }
    entry.arrived = true
    if (entry.taken) this.#waiting -= 1
    this.#arrived += 1
    this.#latency.add(now - entry.happenedAt)
    if (digestOf(body) !== entry.digest) this.#altered += 1
    // By what travelled with it; where that was redacted, by what was posted.
    this.#order(id, entry.repository, sequenceOf(event) ?? entry.sequence)
    return true
  }

  /** Acknowledged, and not arrived yet. */
  get waiting(): number {
    return this.#waiting
  }

  report(): FarReport {
    const lost = [...this.#entries]
      .filter(([, { taken, arrived }]) => taken && !arrived)
      .slice(0, mostExamples)
      .map(([id, { repository, sequence }]): FarExample => ({ fate: 'lost', id, repository, sequence }))
    return {
      arrived: this.#arrived,
      lost: this.#waiting,
      duplicates: this.#duplicates,
      outOfOrder: this.#outOfOrderCount,
      altered: this.#altered,
      latencyMs: this.#latency.report(),
      examples: [...lost, ...this.#outOfOrder],
    }
  }

  #order(id: string, repository: string, sequence: number): void {
    const latest = this.#latest.get(repository) ?? -1
    if (sequence > latest) {
      this.#latest.set(repository, sequence)
      return
    }
    this.#outOfOrderCount += 1
    if (this.#outOfOrder.length < mostExamples) {
      this.#outOfOrder.push({ fate: 'out of order', id, repository, sequence })
    }
  }
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('base64').slice(0, 22)
}
