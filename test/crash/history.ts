import type { Operation, Outcome, SentEvent } from './operation.ts'

interface OpenOperation {
  readonly event: SentEvent
  readonly invokedAt: number
  endedAt?: number
  outcome?: Outcome
}

/** What the senders did and heard, in the order of doing. */
export class History {
  readonly #operations: OpenOperation[] = []
  #acked = 0

  get operations(): readonly Operation[] {
    return this.#operations
  }

  /** Attempts that had a 2xx. */
  get acked(): number {
    return this.#acked
  }

  /** The returned function takes the outcome. */
  invoke(event: SentEvent): (outcome: Outcome) => void {
    const operation: OpenOperation = { event, invokedAt: performance.now() }
    this.#operations.push(operation)
    return (outcome) => {
      operation.endedAt = performance.now()
      operation.outcome = outcome
      if (outcome.type === 'ok') this.#acked += 1
    }
  }
}

/** One JSON line for each beginning and each end, by time. */
export function historyLines(operations: readonly Operation[]): string[] {
  return operations
    .flatMap(({ event, invokedAt, endedAt, outcome }, op) => [
      { at: invokedAt, type: 'invoke', op, ...event },
      ...(endedAt === undefined ? [] : [{ at: endedAt, op, ...outcome }]),
    ])
    .toSorted((a, b) => a.at - b.at)
    .map((entry) => JSON.stringify(entry))
}
