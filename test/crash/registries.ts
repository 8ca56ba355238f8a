import { setTimeout as pause } from 'node:timers/promises'
import { profiles } from '../../src/event/profile.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import type { History } from './history.ts'
import { Sender } from './sender.ts'

export interface RegistriesOptions {
  readonly url: string
  readonly run: string
  readonly token: string
  readonly seed: number
  /** Of all together; undefined: as fast as it goes. */
  readonly eventsPerSecond: number | undefined
  readonly history: History
}

/** Requests that can be in flight at once. */
export const registryCount = 16

/** All who post: registries of every profile, and a stranger who is refused, of whose events none may get anywhere. */
export class Registries {
  readonly #senders: readonly Sender[]

  constructor({ url, run, token, seed, eventsPerSecond, history }: RegistriesOptions) {
    const intervalMs = eventsPerSecond === undefined ? 0 : (registryCount * 1_000) / eventsPerSecond
    const registries = Array.from(
      { length: registryCount },
      (_, i) =>
        new Sender({
          url,
          run,
          name: `registry-${i}`,
          profile: profiles[i % profiles.length] ?? 'distribution-3',
          authorization: `Bearer ${token}`,
          intervalMs,
          retry: 'for ever',
          random: seededRandom(seed * 1_000 + i),
          history,
        }),
    )
    const stranger = new Sender({
      url,
      run,
      name: 'stranger',
      profile: 'distribution-3',
      authorization: `Bearer not-${token}`,
      intervalMs: 100,
      retry: 'never',
      random: seededRandom(seed * 1_000 + registryCount),
      history,
    })
    this.#senders = [...registries, stranger]
  }

  /** Nothing new is posted; resolves when what was begun is acknowledged. Rejects after `ms`, naming who is stuck. */
  async settle(ms: number): Promise<void> {
    const waiting = new Set(this.#senders)
    const settled = this.#senders.map((sender) => sender.stop().then(() => waiting.delete(sender)))
    const patience = new AbortController()
    const overdue = pause(ms, undefined, { signal: patience.signal }).catch(() => undefined)
    await Promise.race([Promise.all(settled), overdue])
    patience.abort()
    if (waiting.size === 0) return
    const stuck = [...waiting].map(({ name, lastOutcome }) => `${name} (${lastOutcome})`)
    throw new Error(`not acknowledged within ${ms} ms: ${stuck.join(', ')}`)
  }

  async abandon(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.abandon()))
  }
}
