import { toError } from '../../src/errors.ts'
import { encodeEnvelope } from '../../src/event/envelope-encoder.ts'
import type { Event } from '../../src/event/event.ts'
import type { Profile } from '../../src/event/profile.ts'
import type { Sink } from '../../src/sink/sink.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { envelopeHash, eventOf } from '../crash/generated-event.ts'
import { History } from '../crash/history.ts'

export interface DirectLoadOptions {
  readonly sink: Sink<Event>
  readonly run: string
  readonly seed: number
  /** Each with one repository and one event under way. */
  readonly writers: number
  /** At least; written until {@link DirectLoad.finish}. */
  readonly events: number
}

/** The form in which the events are kept and compared. */
export const directProfile: Profile = 'distribution-3'

/** Writers that share a sink, each writing one event after the other. */
export class DirectLoad {
  readonly history: History = new History()
  /** Ids of the events that were written and not confirmed yet. */
  readonly underWay = new Set<string>()
  /** Never rejects: a write that fails is an event with an unknown outcome. */
  readonly done: Promise<unknown>
  readonly #options: DirectLoadOptions
  #written = 0
  #finishing = false
  #stopped = false

  constructor(options: DirectLoadOptions) {
    this.#options = options
    this.done = Promise.all(Array.from({ length: options.writers }, (_, i) => this.#write(i)))
  }

  /** The writers end when all together have written enough. */
  finish(): void {
    this.#finishing = true
  }

  /** No writer begins another event. */
  stop(): void {
    this.#stopped = true
  }

  get #enough(): boolean {
    return this.#stopped || (this.#finishing && this.#written >= this.#options.events)
  }

  async #write(index: number): Promise<void> {
    const { sink, run, seed } = this.#options
    const random = seededRandom(seed * 1_000 + index)
    const sender = `writer-${index}`
    const repository = `${sender}/app`
    for (let number = 0; !this.#enough; number += 1) {
      this.#written += 1
      const event = eventOf({ run, sender, profile: directProfile, repository, number }, random)
      const id = String(event.id)
      const hash = envelopeHash(encodeEnvelope([event], directProfile))
      const ended = this.history.invoke({ id, sender, repository, hash })
      this.underWay.add(id)
      try {
        await sink.write([event])
        ended({ type: 'ok', status: 200 })
      } catch (error) {
        ended({ type: 'info', reason: toError(error).message })
        return
      } finally {
        this.underWay.delete(id)
      }
    }
  }
}
