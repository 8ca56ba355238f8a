import { createHash } from 'node:crypto'
import type { ReceivedBody } from './collected-body.ts'
import type { Intake, Notification } from './intake.ts'
import { type Arrival, keptBytes, type Quarantine } from './quarantine.ts'
import { bodyTooLarge, internalError, type Refusal, refusalOf } from './refusal.ts'

export interface NotificationReaderOptions {
  readonly intake: Intake
  readonly quarantine: Quarantine
  /** Let errors of the intake through, instead of keeping the body as rejected. */
  readonly strict: boolean
  readonly maxBodyBytes: number
  /** The intake failed in a way nobody foresaw, and the body is kept. */
  readonly onFailure: (error: unknown, arrival: Arrival) => void
}

type Content = Pick<ReceivedBody, 'content' | 'whole'>

/** Makes a notification of a body: by the intake where it may read it, past it into the quarantine where not. */
export class NotificationReader {
  readonly #options: NotificationReaderOptions

  constructor(options: NotificationReaderOptions) {
    this.#options = options
  }

  /**
   * `objection`: why the body is none, by its head.
   *
   * A body that makes the intake throw would make it throw again: its sender would be answered 500, post it again for
   * ever, and never get to what waits behind it. So it is kept like any other body that cannot be read.
   */
  read(body: Content, arrival: Arrival, objection: Refusal | undefined): Notification {
    const { intake, strict, maxBodyBytes, onFailure } = this.#options
    if (body.whole !== undefined) return this.#rejected(body, arrival, bodyTooLarge(maxBodyBytes))
    if (objection !== undefined) return this.#rejected(body, arrival, objection)
    try {
      return intake(body.content, arrival)
    } catch (error) {
      if (strict) throw error
      const refusal = refusalOf(error)
      // The same body will do another time.
      if (refusal?.status === 503) throw error
      if (refusal === undefined) onFailure(error, arrival)
      return this.#rejected(body, arrival, refusal ?? internalError)
    }
  }

  /** Of a body that is too large to be stored, whatever was made of it: the beginning. */
  beginning({ content, whole }: Content, arrival: Arrival, refusal: Refusal): Notification {
    const all = whole ?? {
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    }
    return this.#rejected({ content: content.subarray(0, keptBytes), whole: all }, arrival, refusal)
  }

  #rejected({ content, whole }: Content, arrival: Arrival, { code, message }: Refusal): Notification {
    const rejected = { reason: code, message, content, ...(whole === undefined ? {} : { whole }) }
    return {
      items: [this.#options.quarantine(rejected, arrival)],
      typed: 0,
      verbatim: 0,
      withoutRepository: 0,
      misfits: 0,
      ignored: 0,
      quarantined: 1,
    }
  }
}
