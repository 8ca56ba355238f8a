import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { ByteBudget } from './byte-budget.ts'
import { bodiesOverBudget, bodyTooLarge, type Refusal } from './refusal.ts'

export interface BodyLimits {
  readonly maxBodyBytes: number
  /** Of all bodies being received. */
  readonly budget: ByteBudget
}

/** Exactly one of the three is called, once. */
export interface BodyHandler {
  /**
   * With the whole body, in the very tick the stream ended: whoever publishes from here keeps the order of arrival. A
   * promise would keep it only as long as every request went through equally many of them.
   */
  complete(body: Buffer): void
  /** Over a limit; the rest of the body is still to come. */
  refused(refusal: Refusal): void
  /** The sender went away in the middle. */
  gone(): void
}

/** Collects a body of unknown size within limits. Its bytes count against the budget until it was handed over. */
export function receiveBody(stream: Readable, limits: BodyLimits, handler: BodyHandler): void {
  const chunks: Buffer[] = []
  let size = 0
  const settle = (outcome: () => void): void => {
    stream.off('data', onData).off('end', onEnd).off('close', onClose)
    limits.budget.release(size)
    outcome()
  }
  const onData = (chunk: Buffer): void => {
    if (size + chunk.length > limits.maxBodyBytes) {
      settle(() => handler.refused(bodyTooLarge(limits.maxBodyBytes)))
    } else if (!limits.budget.take(chunk.length)) {
      settle(() => handler.refused(bodiesOverBudget(limits.budget.limit)))
    } else {
      size += chunk.length
      chunks.push(chunk)
    }
  }
  const onEnd = (): void => {
    const [first] = chunks
    settle(() =>
      handler.complete(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, size)),
    )
  }
  const onClose = (): void => settle(() => handler.gone())
  stream.on('data', onData).once('end', onEnd).once('close', onClose)
}

/**
 * Reads what the sender still writes and throws it away; `done` when it ended, the sender went away, or after `ms`.
 *
 * A refusal is often known before the body is there. Closing then, with bytes unread, makes the kernel send a reset, and
 * a sender that is still writing sees that instead of the answer: it would never learn why, and send the same
 * again for ever.
 */
export function discardBody(stream: Readable, clock: Clock, ms: number, done: () => void): void {
  let open = true
  const finish = (): void => {
    if (!open) return
    open = false
    cancel()
    stream.off('end', finish).off('close', finish)
    done()
  }
  const cancel = clock.after(ms, finish)
  stream.once('end', finish).once('close', finish)
  stream.resume()
}
