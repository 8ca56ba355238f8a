import type { Counter, Gauge, Metrics } from '../telemetry.ts'
import { StoredItems } from './stored-items.ts'
import { storedLateCounter } from './stored-late.ts'

/**
 * Events, and what is kept as rejected, between the spool and Kafka, one by one: the spool itself counts notifications, of
 * which each may hold many. What the disk had from before the start is counted when it is read, because only then is it known
 * how many it is. What a record held that was damaged on the disk since it was stored is in none of these numbers from then on:
 * it is unaccounted for.
 */
export class SpooledEvents {
  readonly #recovered: Counter
  readonly #late: Counter
  readonly #gauge: Gauge
  readonly #unread = new StoredItems()
  #count = 0

  constructor(metrics: Metrics) {
    this.#late = storedLateCounter(metrics)
    this.#recovered = metrics.counter({
      name: 'registry_relay_gateway_events_recovered_total',
      help: 'Events and rejected bodies that the spool had from before the start, counted when they are read from it.',
    })
    this.#gauge = metrics.gauge({
      name: 'registry_relay_gateway_spooled_events',
      help: 'Events and rejected bodies in the spool that Kafka does not have; those from before the start once they were read.',
    })
    this.#change(0)
  }

  /** The disk has them, in one record. Called in the order of the spool. */
  stored(items: number): void {
    this.#unread.add(items)
    this.#change(items)
  }

  /** The disk has them, and whoever wrote them was told that it does not. */
  storedLate(items: number): void {
    this.#late.add(items)
  }

  /** Read from the disk, which had them before the start. */
  recovered(items: number): void {
    this.#recovered.add(items)
    this.#change(items)
  }

  /** A record was read that was stored since the start. @param missing as many before it were damaged, and never come */
  read(missing: number): void {
    if (missing > 0) this.#change(-this.#unread.take(missing))
    this.#unread.take(1)
  }

  /** Kafka has them. */
  published(items: number): void {
    this.#change(-items)
  }

  #change(by: number): void {
    this.#count += by
    this.#gauge.set(this.#count)
  }
}
