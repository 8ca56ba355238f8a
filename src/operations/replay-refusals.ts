import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { DeadLetterReason, DeadLetters } from '../kafka/dead-letter-port.ts'

/** A record that was not delivered and never will be. */
export interface Refusal {
  /** `topic-partition@offset`. */
  readonly record: string
  readonly code: DeadLetterReason['code']
  readonly reason: string
  readonly status?: number | undefined
}

/** What is told one by one; of the rest the number says enough. */
const told = 20

/**
 * Takes the place of the dead letters in a replay: what is refused lies in the topic already, and is only counted. The first
 * 20 are kept to be told.
 */
export class Refusals implements DeadLetters {
  readonly #first: Refusal[] = []
  #count = 0

  get count(): number {
    return this.#count
  }

  get first(): readonly Refusal[] {
    return this.#first
  }

  async write(
    { topic, partition, offset }: ConsumedRecord,
    { code, message, lastStatus }: DeadLetterReason,
  ): Promise<undefined> {
    this.#count++
    const status = lastStatus === undefined ? {} : { status: lastStatus }
    if (this.#first.length < told) {
      this.#first.push({ record: `${topic}-${partition}@${offset}`, code, reason: message, ...status })
    }
  }

  async close(): Promise<void> {}
}
