import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Sink } from '../sink/sink.ts'

export interface AckBudget {
  readonly ms: number
  readonly clock: Clock
}

/**
 * Writes, and settles within the budget whatever the sink does: with its outcome, or with DEADLINE_EXCEEDED. What the
 * sink had not begun to send by then is withdrawn through the signal, so that it is not published behind an event that
 * the sender posts later.
 */
export function writeWithin<T, Receipt>(
  sink: Sink<T, Receipt>,
  items: readonly T[],
  budget: AckBudget,
): Promise<Receipt> {
  return new Promise((resolve, reject) => {
    const withdrawal = new AbortController()
    const cancel = budget.clock.after(budget.ms, () => {
      const reason = new RelayError(
        'DEADLINE_EXCEEDED',
        `The notification was not stored within ${budget.ms} ms; try again.`,
        { facts: { ackBudgetMs: budget.ms } },
      )
      reject(reason)
      withdrawal.abort(reason)
    })
    writing(sink, items, withdrawal.signal).then(
      (receipt) => {
        cancel()
        resolve(receipt)
      },
      (error: unknown) => {
        cancel()
        reject(error)
      },
    )
  })
}

/** Async only for what a sink might throw, which then is a rejection like any other; it is called in this very tick. */
async function writing<T, Receipt>(
  sink: Sink<T, Receipt>,
  items: readonly T[],
  signal: AbortSignal,
): Promise<Receipt> {
  return sink.write(items, { signal })
}
