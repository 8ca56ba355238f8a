// Kills a gateway under load, again and again, and checks that nothing acknowledged was lost:
//
//   npm run test:crash -- [--kills 1000] [--seed N] [--mode spool|kafka] [--rate 200] [--mutation NAME]
//
// Says what it does on standard error; standard output gets one JSON summary. Exit status 1: a promise was broken, or
// the run proved nothing.
import { parseArgs } from 'node:util'
import { startLocalStack } from '../src/local-stack/local-stack.ts'
import { seededRandom } from '../src/testing/seeded-random.ts'
import { crashRun } from '../test/crash/crash-run.ts'
import { planKills } from '../test/crash/kill-plan.ts'
import { type Mutation, mutationNames } from '../test/crash/mutations.ts'

/** Acknowledged events for each kill: with fewer, most kills would meet a gateway at rest. */
const ackedPerKill = 30
const shownViolations = 20

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '1000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
    mode: { type: 'string', default: 'spool' },
    rate: { type: 'string', default: '200' },
    mutation: { type: 'string' },
  },
})
const [count, seed, eventsPerSecond] = [values.kills, values.seed, values.rate].map(Number) as [
  number,
  number,
  number,
]
const { mode } = values
const mutation = values.mutation as Mutation | undefined
if (mode !== 'spool' && mode !== 'kafka') throw new Error(`--mode is spool or kafka, not ${mode}`)
if (mutation !== undefined && !mutationNames.includes(mutation)) {
  throw new Error(`--mutation is one of ${mutationNames.join(', ')}, not ${mutation}`)
}
if (![count, seed, eventsPerSecond].every(Number.isFinite))
  throw new Error('--kills, --seed and --rate are numbers')

console.error(`seed ${seed}, ${count} kills, ack mode ${mode}`)
const stack = await startLocalStack({ onProgress: ({ step }) => console.error(`real parts: ${step}`) })
try {
  const { violations, ...report } = await crashRun({
    servers: stack,
    mode,
    seed,
    kills: planKills(count, mode, seededRandom(seed)),
    eventsPerSecond,
    acked: Math.max(1_000, count * ackedPerKill),
    ...(mutation === undefined ? {} : { mutation }),
    onProgress: (line) => console.error(line),
  })
  const shown = violations.slice(0, shownViolations)
  console.log(JSON.stringify({ ...report, violationCount: violations.length, violations: shown }, null, 2))
  process.exitCode = report.passed ? 0 : 1
} finally {
  await stack.stop()
}
