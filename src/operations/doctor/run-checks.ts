import { type Clock, within } from '../../clock.ts'
import { type Check, type CheckResult, failure, type Seen, worst } from './check.ts'
import { trouble } from './trouble.ts'

export interface RunChecksOptions {
  readonly clock: Clock
  /** For each check. What is not known by then counts as an error, and the check is left alone. */
  readonly timeoutMs: number
  /** Called in the order of the checks, with each as soon as it and all before it have ended. */
  readonly onResult: (result: CheckResult) => void
}

/** Runs all at once but for those that need another one; results are in the order of the checks. Never rejects. */
export async function runChecks(
  checks: readonly Check[],
  options: RunChecksOptions,
): Promise<readonly CheckResult[]> {
  const running = new Map<string, Promise<CheckResult>>()
  for (const check of checks) running.set(check.name, inTurn(check, checks, running, options))
  const results: CheckResult[] = []
  for (const check of checks) {
    const result = await (running.get(check.name) as Promise<CheckResult>)
    results.push(result)
    options.onResult(result)
  }
  return results
}

/** The checks of some parts, and those that they need or wait for; all of them without `parts`. */
export function selectChecks(
  checks: readonly Check[],
  parts: ReadonlySet<Check['part']> | undefined,
): readonly Check[] {
  if (parts === undefined) return checks
  const wanted = new Set<string>()
  for (const { name, part, needs, after = [] } of checks.toReversed()) {
    if (!parts.has(part) && !wanted.has(name)) continue
    for (const one of [name, ...after, ...(needs === undefined ? [] : [needs])]) wanted.add(one)
  }
  return checks.filter(({ name }) => wanted.has(name))
}

async function inTurn(
  check: Check,
  checks: readonly Check[],
  running: ReadonlyMap<string, Promise<CheckResult>>,
  { clock, timeoutMs }: RunChecksOptions,
): Promise<CheckResult> {
  const { name, part, needs, after = [] } = check
  await Promise.all(after.map((other) => running.get(other)))
  const needed = needs === undefined ? undefined : await running.get(needs)
  if (needed?.state === 'error' || needed?.state === 'skipped') {
    const because = needed.because ?? checks.find((one) => one.name === needed.name)?.otherwise ?? needed.name
    return { name, part, state: 'skipped', seen: [], because, tookMs: 0 }
  }
  const began = clock.monotonic()
  const seen = await seenInTime(check, clock, timeoutMs)
  return { name, part, state: worst(seen), seen, tookMs: Math.round(clock.monotonic() - began) }
}

async function seenInTime(check: Check, clock: Clock, timeoutMs: number): Promise<readonly Seen[]> {
  try {
    const run = check.run()
    if (await within(clock, timeoutMs, run)) return await run
  } catch (error) {
    return [trouble(error)]
  }
  return [
    check.late ??
      failure(
        `${check.name}: nothing known after ${timeoutMs / 1_000} s`,
        'look at the lines above for what is slow; --timeout gives each check more time',
      ),
  ]
}
