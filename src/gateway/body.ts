import type { Readable } from 'node:stream'
import type { Clock } from '../clock.ts'
import { BodyRate, type BodyRateLimits } from './body-rate.ts'
import { CollectedBody, type CollectedBodyLimits, type ReceivedBody } from './collected-body.ts'
import { bodyTooSlow, type Refusal } from './refusal.ts'

export interface BodyLimits extends CollectedBodyLimits {
  readonly rate: BodyRateLimits
  readonly clock: Clock
}

/** Exactly one of the three is called, once. */
export interface BodyHandler {
  /**
   * In the very tick the stream ended: whoever publishes from here keeps the order of arrival. A promise would keep it only
   * as long as every request went through equally many of them.
   */
  complete(body: ReceivedBody): void
  /** Over a limit; the rest of the body is still to come. */
  refused(refusal: Refusal): void
  /** The sender went away in the middle. */
  gone(): void
}

/** Collects a body within limits. `declared`: its bytes by Content-Length, if it has one. */
export function receiveBody(
  stream: Readable,
  declared: number | undefined,
  limits: BodyLimits,
  handler: BodyHandler,
): void {
  const body = new CollectedBody(limits, declared)
  const settle = (): void => {
    rate.stop()
    stream.off('data', onData).off('end', onEnd).off('close', onClose)
  }
  const refuse = (refusal: Refusal): void => {
    settle()
    body.abandon()
    handler.refused(refusal)
  }
  const rate = new BodyRate(limits.rate, limits.clock, () =>
    refuse(bodyTooSlow(limits.rate.minBytesPerSecond)),
  )
  const onData = (chunk: Buffer): void => {
    rate.arrived(chunk.length)
    const refusal = body.add(chunk)
    if (refusal !== undefined) refuse(refusal)
  }
  const onEnd = (): void => {
    settle()
    handler.complete(body.finish())
  }
  const onClose = (): void => {
    settle()
    body.abandon()
    handler.gone()
  }
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
