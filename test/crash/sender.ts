import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../src/clock.ts'
import type { Profile } from '../../src/event/profile.ts'
import { type GeneratedEvent, generateEvent } from './generated-event.ts'
import type { History } from './history.ts'
import type { Outcome } from './operation.ts'
import { postOnce } from './post-once.ts'

export interface SenderOptions {
  readonly url: string
  readonly run: string
  readonly name: string
  readonly profile: Profile
  readonly authorization: string
  /** Milliseconds from one event to the next; a sender that fell behind catches up at once. 0: as fast as it goes. */
  readonly intervalMs: number
  /** `for ever`, as Docker Distribution does; `never` for one who is refused and must not block itself. */
  readonly retry: 'for ever' | 'never'
  readonly random: Random
  readonly history: History
}

/** Docker Distribution's default. */
const timeoutMs = 1_000
const repositories = 3

/**
 * A simulated registry: one event at a time, the same bytes again until they had a 2xx, and only then the next one.
 *
 * It waits a little before it tries again. The real one does not in its first ten tries, but here sixteen of them share
 * a processor with the gateway that they wait for.
 */
export class Sender {
  readonly #options: SenderOptions
  readonly #done: Promise<void>
  #stopping = false
  #abandoned = false
  #number = 0
  #last: Outcome | undefined

  constructor(options: SenderOptions) {
    this.#options = options
    this.#done = this.#run()
  }

  get name(): string {
    return this.#options.name
  }

  /** What it heard last, in words. */
  get lastOutcome(): string {
    return this.#last === undefined ? 'nothing yet' : JSON.stringify(this.#last)
  }

  /** No new event; resolves when the one in hand is settled. */
  stop(): Promise<void> {
    this.#stopping = true
    return this.#done
  }

  /** Gives up also the event in hand, after the attempt that is under way. */
  abandon(): Promise<void> {
    this.#abandoned = true
    return this.stop()
  }

  async #run(): Promise<void> {
    const { intervalMs, random } = this.#options
    let due = performance.now() + random() * intervalMs
    while (!this.#stopping) {
      const early = due - performance.now()
      if (early > 0) await pause(early)
      due += intervalMs
      await this.#settle(this.#nextEvent())
    }
  }

  async #settle(event: GeneratedEvent): Promise<void> {
    const { url, authorization, retry, random, history } = this.#options
    const { id, sender, repository, hash } = event
    const sent = { id, sender, repository, hash }
    for (;;) {
      const ended = history.invoke(sent)
      this.#last = await postOnce(url, event, { timeoutMs, authorization })
      ended(this.#last)
      if (this.#last.type === 'ok' || retry === 'never' || this.#abandoned) return
      await pause(50 + random() * 50)
    }
  }

  #nextEvent(): GeneratedEvent {
    const { run, name, profile, retry, random } = this.#options
    const number = this.#number++
    // After an event that was given up with its outcome unknown, a repository has no order to judge by.
    const app = retry === 'never' ? number : Math.floor(random() * repositories)
    const repository = `${name}/team/app-${app}`
    return generateEvent({ run, sender: name, profile, repository, number }, random)
  }
}
