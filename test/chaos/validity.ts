import type { Counts } from '../crash/checker.ts'
import type { Mode } from '../crash/points.ts'
import type { Scenario } from './scenario.ts'

/** Why a run proves nothing although nothing was broken: it was to leave somebody in doubt, and nobody was. */
export function metNobody(
  { uncertain = [] }: Pick<Scenario, 'uncertain'>,
  mode: Mode,
  { info }: Pick<Counts, 'info'>,
  retries: number,
): readonly string[] {
  if (!uncertain.includes(mode) || info > 0 || retries > 0) return []
  return ['no attempt with an unknown outcome and no retry: the faults met nobody']
}
