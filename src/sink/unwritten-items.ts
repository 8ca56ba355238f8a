import type { Clock } from '../clock.ts'
import { type Counter, CounterBy, type Facts, type Labels, type Telemetry } from '../telemetry.ts'
import type { DropReason } from './observe.ts'
import { ThrottledLog } from './throttled-log.ts'

const dropReasons: readonly DropReason[] = ['full', 'too-large', 'deadline', 'sink-closed']

/** Counts and logs what a buffering sink accepted and could not pass on: the last who knows of these items. */
export class UnwrittenItems {
  readonly #name: string
  readonly #ofSink: Labels
  readonly #droppedCounter: CounterBy
  readonly #lostCounter: Counter
  readonly #droppedLog: ThrottledLog
  readonly #lostLog: ThrottledLog

  constructor(telemetry: Telemetry, clock: Clock, name: string) {
    this.#name = name
    this.#ofSink = { sink: name }
    const dropped = telemetry.metrics.counter({
      name: 'registry_relay_sink_dropped_items_total',
      help: 'Items that left a queue without having been offered to the sink behind it, by reason',
      labels: ['sink', 'reason'],
    })
    this.#droppedCounter = new CounterBy(dropped, 'reason', dropReasons, this.#ofSink)
    this.#lostCounter = telemetry.metrics.counter({
      name: 'registry_relay_sink_lost_items_total',
      help: 'Items that the sink behind a queue did not take; they are not tried again',
      labels: ['sink'],
    })
    this.#lostCounter.add(0, this.#ofSink)
    const { logger } = telemetry
    this.#droppedLog = new ThrottledLog(logger, clock, 'items were dropped: they waited and were not sent')
    this.#lostLog = new ThrottledLog(logger, clock, 'items were lost: the sink behind did not take them')
  }

  dropped(items: number, reason: DropReason, facts: Facts = {}): void {
    this.#droppedCounter.add(reason, items)
    this.#droppedLog.warn(items, { ...facts, sink: this.#name, reason })
  }

  lost(items: number, err: Error, facts: Facts = {}): void {
    this.#lostCounter.add(items, this.#ofSink)
    this.#lostLog.warn(items, { ...facts, sink: this.#name, err })
  }

  /** Writes what the log still owes. */
  flush(): void {
    this.#droppedLog.flush()
    this.#lostLog.flush()
  }
}
