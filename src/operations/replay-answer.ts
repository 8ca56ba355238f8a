import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'

export interface AnswerLimits {
  readonly clock: Clock
  /** Default: for as long as it takes. */
  readonly ms?: number
  readonly signal: AbortSignal
}

/**
 * Waits for an answer of Kafka. Rejects as `asked` does, with KAFKA_UNAVAILABLE after `ms`, and with the signal's reason as
 * soon as that is aborted; what becomes of `asked` later is ignored. A broker that accepts and is silent is waited for by its
 * client for minutes, and whoever orders a stop waits for nothing.
 */
export function answerOf<T>(asked: Promise<T>, { clock, ms, signal }: AnswerLimits): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      cancel()
      reject(signal.reason)
    }
    const cancelLimit =
      ms === undefined
        ? () => {}
        : clock.after(ms, () => {
            cancel()
            reject(new RelayError('KAFKA_UNAVAILABLE', `Kafka has not answered for ${ms / 1_000} s`))
          })
    const cancel = (): void => {
      cancelLimit()
      signal.removeEventListener('abort', onAbort)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    asked.finally(cancel).then(resolve, reject)
  })
}
