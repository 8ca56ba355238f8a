// Posts what no registry would, in numbers that are too large for `npm test`:
//
//   npm run test:hostile -- [--bodies 1000000] [--streams 10000] [--sockets 2000] [--seed N]
//
// A part with the number 0 is left out. Says what it does on standard error; standard output gets one JSON summary. Exit
// status 1: something was lost, smuggled, not answered, or kept for ever.
import { parseArgs } from 'node:util'
import { toError } from '../src/errors.ts'
import type { Scope } from '../test/hostile/gateway-child.ts'
import { malformedRun } from '../test/hostile/malformed-run.ts'
import { rawRun } from '../test/hostile/raw-run.ts'
import { slowRun } from '../test/hostile/slow-run.ts'

/** Bodies for one process: spool and bodies of a round fit on a small machine. */
const bodiesPerRound = 20_000
const streamsPerRound = 5_000
const shownViolations = 20
/** Mebibytes by which the buffers may differ; a round posts three times as much. */
const allowedGrowth = 40

const { values } = parseArgs({
  options: {
    bodies: { type: 'string', default: '1000000' },
    streams: { type: 'string', default: '10000' },
    sockets: { type: 'string', default: '2000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
  },
})
const bodies = numberOf('bodies')
const streams = numberOf('streams')
const sockets = numberOf('sockets')
const seed = numberOf('seed')
console.error(`seed ${seed}`)

const violations: string[] = []
const totals = { seed, bodies: 0, distinct: 0, bytes: 0, streams: 0, sockets: 0, honestPosts: 0 }
const kept: Record<string, number> = {}
let round = 0
for (const count of roundsOf(bodies, bodiesPerRound)) {
  await part(`${count} bodies`, async (scope) => {
    const report = await malformedRun(scope, { seed: seed + round, bodies: count })
    totals.bodies += report.bodies
    totals.distinct += report.distinct
    totals.bytes += report.bytes
    for (const [way, number] of Object.entries(report.kept)) kept[way] = (kept[way] ?? 0) + number
    const growth = report.late.heldBytes - report.early.heldBytes
    const mebibytes = Math.round(growth / 2 ** 20)
    const problems = [
      ...report.violations,
      ...report.late.changedPrototypes.map((name) => `changed: ${name}`),
    ]
    if (mebibytes > allowedGrowth)
      problems.push(`${mebibytes} MiB more are held at the end than at the beginning`)
    return problems
  })
}
for (const count of roundsOf(streams, streamsPerRound)) {
  await part(`${count} byte streams`, async (scope) => {
    const report = await rawRun(scope, { seed: seed + round, streams: count })
    totals.streams += report.streams
    return report.violations
  })
}
if (sockets > 0) {
  await part(`${sockets} slow senders`, async (scope) => {
    // With the limits of the gateway: the last time-out is that of the request, looked at every two seconds.
    const report = await slowRun(scope, { sockets, byteEveryMs: 5_000, droppedWithinMs: 60_000 })
    totals.sockets += report.sockets
    totals.honestPosts += report.answered
    return report.violations
  })
}
const summary = { ...totals, kept, violationCount: violations.length }
console.log(JSON.stringify({ ...summary, violations: violations.slice(0, shownViolations) }, null, 2))
process.exitCode = violations.length === 0 ? 0 : 1

async function part(name: string, run: (scope: Scope) => Promise<readonly string[]>): Promise<void> {
  round++
  const ends: (() => unknown)[] = []
  const scope: Scope = { after: (end) => ends.push(end) }
  const began = performance.now()
  try {
    const found = await run(scope)
    violations.push(...found.map((violation) => `round ${round}: ${violation}`))
    const seconds = Math.round((performance.now() - began) / 1_000)
    console.error(`round ${round}, ${name}: ${found.length} violations, ${seconds} s`)
  } catch (error) {
    violations.push(`round ${round}, ${name}: ${toError(error).message}`)
  } finally {
    for (const end of ends.toReversed()) await end()
  }
}

function* roundsOf(total: number, most: number): Generator<number, void, undefined> {
  for (let left = total; left > 0; left -= most) yield Math.min(left, most)
}

function numberOf(name: 'bodies' | 'streams' | 'sockets' | 'seed'): number {
  const number = Number(values[name])
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`--${name} is a whole number`)
  return number
}
