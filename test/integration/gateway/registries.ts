import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { profiles } from '../../../src/event/profile.ts'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { check, type Verdict } from '../../crash/checker.ts'
import { History } from '../../crash/history.ts'
import type { TopicRecord } from '../../crash/operation.ts'
import { Sender } from '../../crash/sender.ts'
import { until } from '../../support/until.ts'

export interface RegistriesOptions {
  readonly url: string
  readonly count?: number
  /** Milliseconds between two events of one registry. */
  readonly intervalMs?: number
}

/** Simulated registries that post to one gateway, with all that they heard. */
export class Registries {
  readonly history: History = new History()
  readonly #senders: readonly Sender[]

  constructor({ url, count = 8, intervalMs = 20 }: RegistriesOptions) {
    const run = randomUUID().slice(0, 8)
    this.#senders = Array.from(
      { length: count },
      (_, index) =>
        new Sender({
          url,
          run,
          name: `registry-${index}`,
          profile: profiles[index % profiles.length] ?? 'distribution-3',
          authorization: 'Bearer none',
          intervalMs,
          retry: 'for ever',
          random: seededRandom(index + 1),
          history: this.history,
        }),
    )
  }

  /** Resolves when so many more events have had a 2xx. */
  async acked(more: number, ms = 120_000): Promise<void> {
    const goal = this.history.acked + more
    await until(() => this.history.acked >= goal, {
      ms,
      what: () => `${this.history.acked} of ${goal} events have a 2xx`,
    })
  }

  /** Answers other than a 2xx. A sender that ran out of patience heard none, and is not among them. */
  get refusals(): readonly string[] {
    return this.history.operations.flatMap(({ outcome }) =>
      outcome === undefined || outcome.type === 'ok' || outcome.reason === 'timeout' ? [] : [outcome.reason],
    )
  }

  /** No new events; resolves when every event in hand has its 2xx. */
  async settle(ms = 120_000): Promise<void> {
    const patience = new AbortController()
    const settled = Promise.all(this.#senders.map((sender) => sender.stop())).then(() => true)
    const late = pause(ms, false, { signal: patience.signal }).catch(() => false)
    const inTime = await Promise.race([settled, late])
    patience.abort()
    if (!inTime) {
      const heard = this.#senders.map(({ name, lastOutcome }) => `${name}: ${lastOutcome}`)
      throw new Error(`not settled within ${ms} ms: ${heard.join(', ')}`)
    }
  }

  /** Ends without waiting for a 2xx: for when a test has failed. */
  async abandon(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.abandon()))
  }

  /** What the checker says of the topic; `acked`: fewer prove nothing. */
  verdict(records: readonly TopicRecord[], acked: number): Verdict {
    const { operations } = this.history
    return check({ operations, records, kills: [], inFlight: 64, required: { acked, info: false } })
  }
}
