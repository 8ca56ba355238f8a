import { until } from '../../support/until.ts'
import type { Stage } from '../scenario.ts'

/** Resolves when a part says `what` in `/readyz`. */
export async function told(stage: Stage, what: RegExp): Promise<void> {
  const reasons = (): readonly string[] => Object.values(stage.parts()).map((ask) => ask().reason ?? '')
  await until(() => reasons().some((reason) => what.test(reason)), {
    ms: 30_000,
    what: () => `/readyz says ${JSON.stringify(reasons())}, not ${what}`,
  })
}
