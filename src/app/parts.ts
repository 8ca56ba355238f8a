import type { Readiness } from '../observability/management-server.ts'

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
  readonly #name: string

  constructor(name: string) {
    this.#name = name
    this.#parts = { [name]: () => ({ ready: false, reason: 'starting' }) }
  }

  /** As they are by now. */
  get all(): Parts {
    return this.#parts
  }

  begun(parts: Parts): void {
    delete this.#parts[this.#name]
    for (const [name, ask] of Object.entries(parts)) this.#parts[name] = ask
  }
}
