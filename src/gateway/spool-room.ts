import { type Clock, systemClock } from '../clock.ts'
import { isRelayError } from '../errors.ts'
import type { Spool } from '../spool/spool.ts'

/**
 * How long a refusal counts as the state of the spool. Registries try again every second, so while it refuses there is
 * always one that is newer; and a relay that is asked for nothing, because it is not ready, becomes ready again.
 */
const refusalMs = 10_000

/** Appends to a spool, and knows whether there was room: the spool's own figures say nothing of a disk that others fill. */
export class SpoolRoom implements Pick<Spool, 'append'> {
  readonly #spool: Pick<Spool, 'append'>
  readonly #clock: Clock
  #refused: { readonly message: string; readonly at: number } | undefined

  constructor(spool: Pick<Spool, 'append'>, clock: Clock = systemClock) {
    this.#spool = spool
    this.#clock = clock
  }

  /** Why there is none, if the newest append was refused for it, and not long ago. */
  get lacking(): string | undefined {
    if (this.#refused === undefined) return undefined
    const { message, at } = this.#refused
    return this.#clock.monotonic() - at < refusalMs ? message : undefined
  }

  append(content: Buffer): Promise<void> {
    const appended = this.#spool.append(content)
    appended.then(
      () => {
        this.#refused = undefined
      },
      (error: unknown) => {
        if (!isRelayError(error, 'SPOOL_FULL')) return
        this.#refused = { message: error.message, at: this.#clock.monotonic() }
      },
    )
    return appended
  }
}
