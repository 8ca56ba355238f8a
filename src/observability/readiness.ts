import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import { shownText } from './shown-text.ts'

/** Whether one part can do its work now, and if not, what it waits for. */
export interface Readiness {
  readonly ready: boolean
  /** What it waits for; of a part that is ready, what does not work although it does its own work. */
  readonly reason?: string
}

/** Asked for by name. */
export type Parts = Readonly<Record<string, () => Readiness>>

export interface PartState extends Readiness {
  /** When it was first seen not to be ready, or to give a reason, ISO 8601. Only where there is a reason to look. */
  readonly since?: string
}

export interface ReadinessReport {
  readonly ready: boolean
  readonly parts: Readonly<Record<string, PartState>>
}

/** It may list topics, each with what is wrong with it. */
const maxReasonLength = 2_000

type Condition = 'ready' | 'degraded' | 'not ready'

/** What all parts say, and since when: a reason changes its words (an age in it grows), the condition behind it does not. */
export class ReadinessWatch {
  readonly #parts: Parts
  readonly #clock: Clock
  readonly #seen = new Map<string, { readonly condition: Condition; readonly since: number }>()

  /** @param parts asked anew each time: parts may come and go */
  constructor(parts: Parts, clock: Clock) {
    this.#parts = parts
    this.#clock = clock
  }

  /** Asks them all. To be called often: what happens between two calls is not seen. */
  report(): ReadinessReport {
    const asked = Object.entries(this.#parts)
    const parts = Object.fromEntries(asked.map(([name, ask]) => [name, this.#state(name, ask)]))
    for (const name of this.#seen.keys()) if (!Object.hasOwn(parts, name)) this.#seen.delete(name)
    return { ready: Object.values(parts).every(({ ready }) => ready), parts }
  }

  #state(name: string, ask: () => Readiness): PartState {
    const { ready, reason } = readinessOf(ask)
    const condition = ready ? (reason === undefined ? 'ready' : 'degraded') : 'not ready'
    let seen = this.#seen.get(name)
    if (seen?.condition !== condition) {
      seen = { condition, since: this.#clock.now() }
      this.#seen.set(name, seen)
    }
    return {
      ready,
      ...(reason === undefined ? {} : { reason: shownText(reason, maxReasonLength) }),
      ...(condition === 'ready' ? {} : { since: new Date(seen.since).toISOString() }),
    }
  }
}

/** A part that fails at being asked is not ready; the others are still worth showing. */
export function readinessOf(ask: () => Readiness): Readiness {
  try {
    return ask()
  } catch (error) {
    return { ready: false, reason: toError(error).message }
  }
}
