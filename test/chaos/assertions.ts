import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import type { TestContext } from 'node:test'
import type { Invariant } from '../crash/checker.ts'
import { type ChaosReport, reportLine } from './report.ts'

const shown = 20

/** The seed of a test: `CHAOS_SEED`, or a new one, said in any case. */
export function seedOf(t: TestContext): number {
  const seed = Number(process.env['CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
  t.diagnostic(`CHAOS_SEED=${seed}`)
  return seed
}

export function assertPassed(t: TestContext, report: ChaosReport<string>): void {
  t.diagnostic(reportLine(report))
  const { violations, ...others } = report
  const findings = { ...others, violations: violations.slice(0, shown) }
  assert.ok(report.passed, `the evidence is in ${report.evidence}\n${JSON.stringify(findings, null, 2)}`)
}

/** The checker found one of these, and the run itself went as planned. */
export function assertFoundOut(t: TestContext, report: ChaosReport, invariants: readonly Invariant[]): void {
  t.diagnostic(reportLine(report))
  const { violations, problems, evidence } = report
  assert.deepEqual(problems, [], `the evidence is in ${evidence}`)
  assert.ok(
    violations.some(({ invariant }) => invariants.includes(invariant)),
    reportLine(report),
  )
  if (evidence !== undefined) rmSync(evidence, { recursive: true })
}
