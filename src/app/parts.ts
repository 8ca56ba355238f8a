import type { Readiness } from '../observability/management-server.ts'

/** What `/readyz` asks, by name. */
export type Parts = Readonly<Record<string, () => Readiness>>

/** The same, as parts without which the work goes on: always ready, and what is wrong with them is still said. */
export function degradable(parts: Parts): Parts {
  return Object.fromEntries(
    Object.entries(parts).map(([name, ask]) => [
      name,
      (): Readiness => {
        const { ready, reason } = ask()
        return ready ? { ready } : { ready: true, reason: `degraded: ${reason ?? 'not ready'}` }
      },
    ]),
  )
}
