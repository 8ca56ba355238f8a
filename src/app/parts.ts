import type { Readiness } from '../observability/readiness.ts'

/** What `/readyz` asks, by name. */
export type Parts = Readonly<Record<string, () => Readiness>>

/** The same, as parts without which the work goes on: always ready, and what is wrong with them is still said. */
export function degradable(parts: Parts): Parts {
  return Object.fromEntries(
    Object.entries(parts).map(([name, ask]) => [
      name,
      (): Readiness => {
        const state = ask()
        return state.ready ? state : { ready: true, reason: `degraded: ${state.reason ?? 'not ready'}` }
      },
    ]),
  )
}

/** Parts of a service that is about to start: not ready until it has begun. */
export class StartingParts {
  readonly #parts: Record<string, () => Readiness>

  constructor(name: string) {
    this.#parts = { [name]: () => ({ ready: false, reason: 'starting' }) }
  }

  /** As they are by now: the same object always. */
  get all(): Parts {
    return this.#parts
  }

  /** From now on these, and no others. */
  begun(parts: Parts): void {
    for (const name of Object.keys(this.#parts)) delete this.#parts[name]
    Object.assign(this.#parts, parts)
  }
}
