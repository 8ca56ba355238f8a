import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import type { Sink } from '../sink/sink.ts'
import { writeWithin } from './acknowledged-write.ts'
import type { ReceivedBody } from './collected-body.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayItem } from './gateway-item.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'
import type { Intake, Notification } from './intake.ts'
import { type Kept, noneRepeated } from './kept.ts'
import { NotificationReader } from './notification-reader.ts'
import { type Arrival, type Quarantine, rejectedHeader } from './quarantine.ts'
import { internalError, type Refusal, refusalOf } from './refusal.ts'
import type { RejectionLog } from './rejection-log.ts'

export interface NotificationKeeperOptions {
  readonly intake: Intake
  readonly quarantine: Quarantine
  readonly sink: Sink<GatewayItem, Kept>
  /** Refuse what is no notification, instead of keeping it as rejected. */
  readonly strict: boolean
  readonly maxBodyBytes: number
  readonly ackBudgetMs: number
  readonly metrics: GatewayMetrics
  readonly log: RejectionLog
  readonly clock: Clock
}

/** A body that was received, where from, and whom to answer. */
export interface Posted {
  readonly body: ReceivedBody
  readonly arrival: Arrival
  readonly exchange: Exchange
}

/** Reads bodies, has the sink keep what is in them, and answers. */
export class NotificationKeeper {
  readonly #options: NotificationKeeperOptions
  readonly #reader: NotificationReader

  constructor(options: NotificationKeeperOptions) {
    this.#options = options
    this.#reader = new NotificationReader({
      ...options,
      onFailure: (error, { sender }) => {
        const facts = { sender, err: toError(error) }
        const message = 'the relay failed to read a body, and keeps it as rejected'
        options.log.rejected('error', internalError.code, facts, message)
      },
    })
  }

  /**
   * Called in the tick the body ended, and calls the sink in the same: two notifications of one repository reach it in
   * the order they were received. `objection`: why the body is no notification, by its head.
   */
  keep(posted: Posted, objection: Refusal | undefined): void {
    const { body, arrival } = posted
    this.#options.metrics.bodyReceived(body.whole?.bytes ?? body.content.length)
    let notification: Notification
    try {
      notification = this.#reader.read(body, arrival, objection)
    } catch (error) {
      this.#refuse(posted, refusalOf(error) ?? internalError, error)
      return
    }
    this.#write(posted, notification, (error) => this.#onFailure(posted, notification, error))
  }

  #write(posted: Posted, notification: Notification, onFailure: (error: unknown) => void): void {
    const { sink, metrics, ackBudgetMs, clock } = this.#options
    const { items } = notification
    metrics.notificationRead(notification)
    if (items.length === 0) {
      this.#accept(posted, notification, noneRepeated)
      return
    }
    // A sender that goes away now does not take its events back: it will send them again, and until then they are
    // better stored than not.
    writeWithin(sink, items, { ms: ackBudgetMs, clock }).then(
      (kept) => this.#accept(posted, notification, kept),
      onFailure,
    )
  }

  #onFailure(posted: Posted, notification: Notification, error: unknown): void {
    const { strict, metrics } = this.#options
    const refusal = refusalOf(error) ?? internalError
    metrics.refused(notification, refusal.code)
    if (strict || refusal.status !== 413) {
      this.#refuse(posted, refusal, error)
      return
    }
    // The sink will never take it, and its sender would never stop posting it.
    const beginning = this.#reader.beginning(posted.body, posted.arrival, refusal)
    this.#write(posted, beginning, (second) => {
      const again = refusalOf(second) ?? internalError
      metrics.refused(beginning, again.code)
      this.#refuse(posted, again, second)
    })
  }

  /** The bytes of a body count as in hand until here: the sink may hold them as long. */
  #accept({ body, arrival, exchange }: Posted, notification: Notification, kept: Kept): void {
    body.release()
    this.#options.metrics.acknowledged(notification, kept)
    if (notification.quarantined > 0) this.#logRejected(notification, arrival)
    exchange.accept()
  }

  #refuse({ body, exchange }: Posted, refusal: Refusal, error: unknown): void {
    body.release()
    exchange.refuse(refusal, toError(error))
  }

  #logRejected({ items }: Notification, { sender }: Arrival): void {
    for (const item of items) {
      if (item.kind !== 'quarantine') continue
      const { headers } = item.record
      const facts = { sender, bytes: Number(headers[rejectedHeader.bytes]) }
      const message = `kept as rejected: ${headers[rejectedHeader.message]}`
      this.#options.log.rejected('warn', headers[rejectedHeader.reason] ?? '', facts, message)
    }
  }
}
