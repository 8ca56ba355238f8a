import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type MalformedReport, malformedRun } from './malformed-run.ts'

const mebibyte = 1024 * 1024

// What is in the buffers changes, and with it by how much: 25 MiB have been seen. A gateway that kept bodies would hold all.
const allowedGrowth = 40 * mebibyte

test('keeps every byte of ten thousand malformed bodies, answers each 200, and is as before afterwards', async (t) => {
  const report = await malformedRun(t, { seed: 20_261_126, bodies: 10_000 })
  describe(t.diagnostic.bind(t), report)
  assert.deepEqual(report.violations, [])
  assert.deepEqual(report.answers, { 200: report.bodies })
  assert.ok(report.distinct > 0.98 * report.bodies, `only ${report.distinct} bodies differ`)
  for (const way of ['event', 'NOT_AN_ENVELOPE', 'NOT_AN_EVENT and event', 'TOO_LARGE']) {
    assert.ok((report.kept[way] ?? 0) >= 10, `too few bodies were kept as ${way}`)
  }
  assert.deepEqual(report.late.changedPrototypes, [])
  assert.ok(report.bytes > 1.5 * allowedGrowth, 'too few bytes to see whether they are given back')
  const growth = report.late.heldBytes - report.early.heldBytes
  assert.ok(growth < allowedGrowth, `holds ${Math.round(growth / mebibyte)} MiB more than at the beginning`)
})

test('in strict mode answers malformed bodies 200, 400, 413 or 415, and keeps those alone that it answered 200', async (t) => {
  const report = await malformedRun(t, { seed: 4_711, bodies: 1_000, strict: true })
  describe(t.diagnostic.bind(t), report)
  assert.deepEqual(report.violations, [])
  for (const status of [200, 400, 413])
    assert.ok((report.answers[status] ?? 0) > 0, `no answer was ${status}`)
  assert.deepEqual(report.late.changedPrototypes, [])
})

function describe(say: (line: string) => void, report: MalformedReport): void {
  const { violations, early, late, ...numbers } = report
  const held = [early, late].map(({ heldBytes }) => Math.round(heldBytes / mebibyte))
  say(`${JSON.stringify(numbers)}, held ${held.join(' -> ')} MiB`)
}
