import { type Cancel, type Clock, sleep } from '../clock.ts'
import { toError } from '../errors.ts'
import type { SpooledRecord } from '../spool/spool.ts'
import type { Gauge, Logger } from '../telemetry.ts'
import type { Changes } from './changes.ts'
import type { GatewayItem } from './gateway-item.ts'
import { type Moving, MovingRecords } from './moving-records.ts'
import { Parked } from './parked.ts'

export interface DestinationLimits {
  /** Under way at once, and bytes of them; read at once they may be a few more. */
  readonly records: number
  readonly bytes: number
  readonly parked: number
  readonly retryMs: number
  readonly stuckMs: number
}

export interface DestinationOptions {
  readonly topic: string
  readonly limits: DestinationLimits
  readonly write: (items: readonly GatewayItem[]) => Promise<unknown>
  /** What of a record goes to this topic. */
  readonly itemsOf: (record: SpooledRecord) => readonly GatewayItem[]
  /** From the spool, which gave them before. */
  readonly readAgain: (sequences: readonly number[]) => AsyncIterable<SpooledRecord>
  /** {@link Destination.oldest} has moved on. */
  readonly onMovedOn: () => void
  /** So many items more have arrived. */
  readonly onArrived: (items: number) => void
  readonly onRefused: (error: Error) => void
  /** It can go on no more. */
  readonly onFailure: (error: Error) => void
  /** Of all destinations, and told about each outcome. */
  readonly changes: Changes
  readonly stop: AbortSignal
  readonly parkedGauge: Gauge
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * The way to one topic. What is for it is sent at once, up to the limits; beyond them the pump waits for it.
 *
 * **Stuck** it is when nothing has arrived for a while. Nobody waits for it then: what comes is *parked*, which is to say that
 * its sequence is remembered and its bytes are in the spool only. When there is room again, parked records are read from the
 * spool once more, and what comes is parked behind them until none is left: so the order stays that of the spool.
 *
 * **Failing** it is when a write was refused: what comes is parked, what is under way gets its outcome, then all that failed is
 * sent again in its order, until all of it has arrived.
 */
export class Destination {
  readonly #options: DestinationOptions
  readonly #moving = new MovingRecords()
  readonly #parked = new Parked()
  readonly #failed: Moving[] = []
  #refusal: string | undefined
  /** As many were parked as may be, since the last time that none was. */
  #full = false
  #stuck = false
  #progressed = false
  #watching: Cancel | undefined
  #returning: Promise<void> | undefined

  constructor(options: DestinationOptions) {
    this.#options = options
    this.#showParked()
  }

  /** Sequence of the oldest record that has not arrived. */
  get oldest(): number | undefined {
    return this.#moving.oldest ?? this.#parked.oldest
  }

  /** What comes now would have to wait. */
  get isBlocked(): boolean {
    return this.#parked.size > 0 || !this.#hasRoom
  }

  /**
   * Nothing may be read from the spool because of it. Not while it is stuck, and not while it catches up, but for the last of
   * that: with something new to park at every step it would never be done.
   */
  get holdsUp(): boolean {
    const { limits } = this.#options
    if (this.#parked.size >= limits.parked) return true
    return this.isBlocked && !this.#stuck && this.#parked.size < limits.records
  }

  /** Why something waits for it; undefined if all is well. */
  get problem(): string | undefined {
    const { topic, limits } = this.#options
    const { size } = this.#parked
    if (this.#refusal !== undefined) return this.#refusal
    if (!this.#stuck) return size === 0 ? undefined : `${topic} is catching up with ${size} notifications`
    if (size >= limits.parked) return `${topic} takes nothing, and with ${size} behind it everything waits`
    if (size > 0) return `${topic} takes nothing, and ${size} wait behind it`
    return this.isBlocked ? `${topic} takes nothing` : undefined
  }

  /** `record` comes after all that were taken before. */
  take(record: SpooledRecord, items: readonly GatewayItem[]): void {
    const mustWait = this.#parked.size > 0 || this.#refusal !== undefined || (this.#stuck && !this.#hasRoom)
    if (mustWait) this.#park(record)
    else void this.#send(this.#moving.add(record), items)
  }

  /** After the stop: resolves when it touches the spool no more. */
  async end(): Promise<void> {
    this.#watching?.()
    this.#watching = undefined
    await this.#returning
  }

  get #hasRoom(): boolean {
    const { records, bytes } = this.#options.limits
    return this.#refusal === undefined && this.#moving.size < records && this.#moving.bytes < bytes
  }

  /** Resolves when it has its outcome, whichever. */
  #send(moving: Moving, items: readonly GatewayItem[]): Promise<void> {
    this.#watch()
    const { length } = items
    return this.#options.write(items).then(
      () => this.#arrived(moving, length),
      (error: unknown) => this.#refused(moving, toError(error)),
    )
  }

  #arrived(moving: Moving, items: number): void {
    this.#progressed = true
    this.#stuck = false
    this.#options.onArrived(items)
    if (this.#moving.arrived(moving)) this.#options.onMovedOn()
    this.#options.changes.happened()
  }

  #refused(moving: Moving, error: Error): void {
    const { topic, stop, changes, onRefused, logger } = this.#options
    const { sequence } = moving
    this.#failed.push(moving)
    // Stopped: it stays in the spool, and the sinks say themselves why they let go of it.
    if (stop.aborted) return
    const isFirst = this.#refusal === undefined
    this.#refusal = error.message
    if (this.#failed.length === 1)
      logger.warn({ err: error, topic, sequence }, 'Kafka did not take a notification')
    onRefused(error)
    if (isFirst) void this.#sendAgain()
    changes.happened()
  }

  async #sendAgain(): Promise<void> {
    const { stop, limits, clock, itemsOf, changes } = this.#options
    while (this.#failed.length > 0) {
      await this.#until(() => this.#moving.size === this.#failed.length)
      await sleep(clock, limits.retryMs, stop).catch(() => {})
      if (stop.aborted) return
      const again = this.#failed.splice(0).sort((a, b) => a.sequence - b.sequence)
      await Promise.all(
        again.map(async (moving) => {
          if (moving.record !== undefined) await this.#send(moving, itemsOf(moving.record))
        }),
      )
    }
    this.#refusal = undefined
    changes.happened()
  }

  #park({ sequence }: SpooledRecord): void {
    const { topic, limits, logger } = this.#options
    this.#parked.add(sequence)
    this.#showParked()
    if (this.#parked.size === 1)
      logger.warn({ topic }, 'what is for this topic stays in the spool, and other topics go on')
    if (this.#parked.size >= limits.parked && !this.#full) {
      this.#full = true
      logger.error({ topic, parked: this.#parked.size }, 'everything waits for this topic')
    }
    this.#returning ??= this.#bringBack().catch((error: unknown) => this.#options.onFailure(toError(error)))
  }

  async #bringBack(): Promise<void> {
    const { topic, stop, logger, readAgain, itemsOf, changes } = this.#options
    while (this.#parked.size > 0) {
      await this.#until(() => this.#hasRoom)
      if (stop.aborted) return
      for await (const record of readAgain(this.#parked.all)) {
        // Asked in the turn in which it is sent: one that was refused in between would be overtaken.
        while (!this.#hasRoom && !stop.aborted) await changes.next()
        if (stop.aborted) return
        this.#parked.removeOldest()
        this.#showParked()
        void this.#send(this.#moving.add(record), itemsOf(record))
      }
    }
    this.#returning = undefined
    this.#full = false
    logger.info({ topic }, 'what was for this topic in the spool is on its way')
    changes.happened()
  }

  #showParked(): void {
    const { topic, parkedGauge } = this.#options
    parkedGauge.set(this.#parked.size, { topic })
  }

  /** Or when all stops. */
  async #until(condition: () => boolean): Promise<void> {
    const { stop, changes } = this.#options
    while (!condition() && !stop.aborted) await changes.next()
  }

  /** Looks now and then, while something is under way, whether any of it has arrived. */
  #watch(): void {
    const { clock, limits, stop, changes } = this.#options
    if (this.#watching !== undefined || stop.aborted) return
    this.#watching = clock.after(limits.stuckMs, () => {
      this.#watching = undefined
      if (this.#moving.size === 0) return
      this.#stuck = !this.#progressed
      this.#progressed = false
      if (this.#stuck) changes.happened()
      this.#watch()
    })
  }
}
