// Hurts three real brokers and a schema registry under load in the ways of the catalogue of faults, and checks that nothing
// acknowledged was lost, disordered or doubled without a reason:
//
//   npm run test:chaos -- [--scenario K4] [--mode spool|kafka] [--seed N] [--seconds N] [--rate N] [--json] [--list]
//
// `--scenario rebalance` is about the other way: members of a bridge that come, go, die and stand still, and no event that is
// left out, overtaken, or repeated without a reason. It takes about ten minutes.
//
// Without --scenario all of them, in their short form, and at the end the tests that hold those without load (K13, S5 to S8).
// Says what it does on standard error; standard output gets one line
// for each run and a table at the end, with --json one JSON line for each run. Exit status 1: a promise was broken,
// or a run proved nothing.
import { parseArgs } from 'node:util'
import { toError } from '../src/errors.ts'
import { seededRandom } from '../src/testing/seeded-random.ts'
import { Cluster } from '../test/chaos/cluster.ts'
import { cutRun } from '../test/chaos/cut-run.ts'
import { failoverRun } from '../test/chaos/failover-run.ts'
import { gatewayRun } from '../test/chaos/gateway-run.ts'
import { rebalanceRun } from '../test/chaos/rebalance/rebalance-run.ts'
import { rebalanceScenarios } from '../test/chaos/rebalance/rebalance-scenarios.ts'
import { type ChaosReport, reportLine, reportTable, rowOf, type TableRow } from '../test/chaos/report.ts'
import { scenarios } from '../test/chaos/scenarios/all.ts'
import {
  type TestFiles,
  testFiles,
  testFilesLine,
  testFilesRow,
  testFilesRun,
} from '../test/chaos/test-files-run.ts'
import type { Mode } from '../test/crash/points.ts'

/** One run, on a cluster that is whole. */
interface Run {
  readonly scenario: string
  readonly mode: string
  readonly title: string
  readonly go: (cluster: Cluster) => Promise<ChaosReport<string>>
}

const shownFindings = 10

const { values } = parseArgs({
  options: {
    scenario: { type: 'string', multiple: true },
    mode: { type: 'string' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    seconds: { type: 'string' },
    rate: { type: 'string', default: '200' },
    json: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
})
const seed = numberOf('seed', values.seed)
const eventsPerSecond = numberOf('rate', values.rate)
const seconds = values.seconds === undefined ? undefined : numberOf('seconds', values.seconds)

const all: readonly Run[] = [
  ...scenarios.flatMap((scenario): Run[] =>
    (['spool', 'kafka'] satisfies Mode[]).map((mode) => ({
      ...{ scenario: scenario.name, mode, title: scenario.title },
      go: (cluster) =>
        gatewayRun({
          ...{ cluster, scenario, mode, seed, eventsPerSecond, onProgress: say },
          ...(seconds === undefined ? {} : { seconds }),
        }),
    })),
  ),
  {
    ...{ scenario: 'K11', mode: 'direct', title: 'connections cut after 0 to 4096 bytes, either way' },
    go: (cluster) => cutRun({ cluster, seed, step: seconds === undefined ? 28 : 7, onProgress: say }),
  },
  ...[0, 1, 2].map(
    (round): Run => ({
      ...{ scenario: 'failover', mode: 'direct', title: '200,000 events and a kill -9 of a leader' },
      go: (cluster) => failoverRun({ cluster, seed: seed + round, events: 200_000, onProgress: say }),
    }),
  ),
  ...rebalanceScenarios.map(
    ({ name: scenario, title, short, long }): Run => ({
      ...{ scenario, mode: 'bridge', title },
      go: (cluster) =>
        rebalanceRun({
          ...{ cluster, scenario, seed, onProgress: say },
          ...(values.scenario === undefined ? short : long(seconds)),
        }),
    }),
  ),
]
/** K12 stands for all that begin with it. */
const isAskedFor = (asked: string, { scenario }: Run): boolean =>
  scenario === asked || scenario.split('-')[0] === asked
const asked = values.scenario ?? all.map(({ scenario }) => scenario)
const files = testFiles().filter(
  ({ names }) => values.scenario === undefined || names.some((name) => values.scenario?.includes(name)),
)
const unknown = asked.filter(
  (name) => !all.some((run) => isAskedFor(name, run)) && !files.some(({ names }) => names.includes(name)),
)
if (values.mode !== undefined && !['spool', 'kafka'].includes(values.mode)) unknown.push(values.mode)
const runs = all.filter(
  (run) =>
    asked.some((name) => isAskedFor(name, run)) &&
    (values.mode === undefined || run.mode === values.mode || ['direct', 'bridge'].includes(run.mode)),
)
if (values.list) {
  for (const { scenario, mode, title } of runs)
    console.log(`${scenario.padEnd(18)} ${mode.padEnd(7)} ${title}`)
  for (const { names, title } of files) console.log(`${names.join('-').padEnd(18)} tests   ${title}`)
} else if (unknown.length > 0) {
  console.error(`no such scenario or mode: ${unknown.join(', ')}; --list shows what there is`)
  process.exitCode = 2
} else process.exitCode = (await runAll()) ? 0 : 1

async function runAll(): Promise<boolean> {
  say(`seed ${seed}, ${runs.length} runs, ${files.length} sets of test files`)
  const rows: TableRow[] = []
  const underLoad = runs.length === 0 || (await runOnCluster(rows))
  // Their servers are their own, and the cluster has given back its memory.
  const byTests = await runTestFiles(files, rows)
  if (!values.json) console.log(`\n${reportTable(rows)}`)
  return underLoad && byTests
}

async function runTestFiles(sets: readonly TestFiles[], rows: TableRow[]): Promise<boolean> {
  let passed = true
  for (const set of sets) {
    say(`${set.names.join('-')} tests: ${set.title}`)
    const report = await testFilesRun(set, (text) => process.stderr.write(text))
    rows.push(testFilesRow(report))
    console.log(values.json ? JSON.stringify(report) : testFilesLine(report))
    passed &&= report.passed
  }
  return passed
}

async function runOnCluster(rows: TableRow[]): Promise<boolean> {
  const cluster = await Cluster.start({ random: seededRandom(seed), onProgress: say })
  const reports: ChaosReport<string>[] = []
  let unjudged = 0
  try {
    for (const { scenario, mode, title, go } of runs) {
      say(`${scenario} ${mode}: ${title}`)
      try {
        const report = await go(cluster)
        reports.push(report)
        rows.push(rowOf(report))
        show(report)
      } catch (error) {
        unjudged += 1
        rows.push([scenario, mode, 'FAILED'])
        const { message } = toError(error)
        console.log(
          values.json
            ? JSON.stringify({ scenario, mode, seed, passed: false, problems: [message] })
            : `${scenario} ${mode}: FAILED before it could be judged; seed ${seed}\n  ${message}`,
        )
        await cluster.heal([])
      }
    }
  } finally {
    await cluster.stop()
  }
  return unjudged === 0 && reports.every(({ passed }) => passed)
}

function show(report: ChaosReport<string>): void {
  const violations = report.violations.slice(0, shownFindings)
  if (values.json) {
    console.log(JSON.stringify({ ...report, violations, violationCount: report.violations.length }))
    return
  }
  console.log(reportLine(report))
  const findings = [...report.problems, ...report.invalid, ...violations.map(({ message }) => message)]
  for (const finding of findings) console.log(`  ${finding}`)
  if (report.evidence !== undefined) console.log(`  the evidence is in ${report.evidence}`)
}

function say(line: string): void {
  console.error(line)
}

function numberOf(name: string, text: string): number {
  const value = Number(text)
  if (Number.isFinite(value)) return value
  throw new Error(`--${name} is a number, not ${text}`)
}
