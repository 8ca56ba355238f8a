import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, before, type TestContext, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../src/local-stack/local-stack.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import type { Invariant } from './checker.ts'
import { type CrashReport, type CrashRunOptions, crashRun } from './crash-run.ts'
import { type PlannedKill, planKills } from './kill-plan.ts'
import type { Point } from './points.ts'

const eventsPerSecond = 200
const seed = Number(process.env['CRASH_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let stack: LocalStack
before(async () => {
  stack = await startLocalStack()
})
after(() => stack.stop())

test('ack mode spool: nothing acknowledged is lost or disordered through 24 kills at named points and random moments', async (t) => {
  // Each of the 19 points, and one of every other kind.
  const kills = planKills(24, 'spool', seededRandom(seed))
  assertPassed(await run(t, { mode: 'spool', kills, eventsPerSecond, acked: 1_000 }))
})

test('ack mode kafka: nothing acknowledged is lost or disordered through a kill at each named point', async (t) => {
  const kills = planKills(10, 'kafka', seededRandom(seed))
  assertPassed(await run(t, { mode: 'kafka', kills, eventsPerSecond, acked: 1_000 }))
})

test('without kills every event is in the topic exactly once', async (t) => {
  const report = await run(t, { mode: 'spool', kills: [], acked: 1_600 })
  assertPassed(report)
  assert.equal(report.counts.duplicates, 0)
})

test('a gateway that loses one event in a thousand is found out', async (t) => {
  const report = await run(t, { mode: 'spool', kills: [], acked: 1_100, mutation: 'lose' })
  assertBroken(report, 'no loss')
})

test('a gateway that swaps two neighbours of a repository once in a thousand events is found out', async (t) => {
  // Far behind the swap: the neighbour must come, or the event that waits for it is lost.
  const report = await run(t, { mode: 'spool', kills: [], acked: 1_600, mutation: 'swap' })
  assertBroken(report, 'order')
})

test('a gateway that sends one event in a thousand twice is found out', async (t) => {
  const report = await run(t, { mode: 'spool', kills: [], acked: 1_100, mutation: 'double' })
  assertBroken(report, 'duplicates')
})

test('a gateway that acknowledges before it has stored is found out by kills alone', async (t) => {
  const report = await run(t, {
    mode: 'spool',
    kills: [atPoint('spool.appended:before'), atPoint('spool.appended:during')],
    eventsPerSecond,
    acked: 300,
    mutation: 'early-ack',
  })
  // What was acknowledged too early and died is also in no place where a kill would explain copies of others.
  assertBroken(report, 'no loss', 'duplicates')
})

async function run(
  t: TestContext,
  options: Omit<CrashRunOptions, 'servers' | 'seed' | 'onProgress'>,
): Promise<CrashReport> {
  t.diagnostic(`CRASH_SEED=${seed}`)
  const report = await crashRun({
    ...options,
    servers: stack,
    seed,
    onProgress: (line) => t.diagnostic(line),
  })
  t.diagnostic(JSON.stringify(report.counts))
  return report
}

function assertPassed({ passed, ...report }: CrashReport): void {
  const { violations, ...others } = report
  const shown = { ...others, violations: violations.slice(0, 20) }
  assert.ok(passed, `the evidence is in ${report.evidence}\n${JSON.stringify(shown, null, 2)}`)
}

/** Found out by this invariant, and by no other that is not `allowed`. */
function assertBroken(
  { violations, problems, evidence }: CrashReport,
  invariant: Invariant,
  ...allowed: Invariant[]
): void {
  const shown = JSON.stringify(violations.slice(0, 20), null, 2)
  assert.deepEqual(problems, [], `the evidence is in ${evidence}`)
  const broken = new Set(violations.map((violation) => violation.invariant))
  assert.ok(broken.has(invariant), shown)
  for (const other of broken) assert.ok([invariant, ...allowed].includes(other), shown)
  if (evidence !== undefined) rmSync(evidence, { recursive: true })
}

function atPoint(point: Point): PlannedKill {
  return { kind: 'point', point, nth: 20 }
}
