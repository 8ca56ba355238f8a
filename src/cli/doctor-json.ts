import type { CheckResult, Seen } from '../operations/doctor/check.ts'
import { packageVersion } from '../version.ts'

/** `{ version, ok, errors, warnings, checks }`; each check with its lines. */
export function doctorJson(results: readonly CheckResult[]): string {
  const lines = results.flatMap(({ seen }) => seen)
  const count = (state: Seen['state']): number => lines.filter((line) => line.state === state).length
  const checks = results.map(({ part, name, state, because, tookMs, seen }) => ({
    ...{ part, name, state, tookMs },
    ...(because === undefined ? {} : { because }),
    lines: seen,
  }))
  const errors = count('error')
  return JSON.stringify(
    { version: packageVersion(), ok: errors === 0, errors, warnings: count('warning'), checks },
    undefined,
    2,
  )
}
