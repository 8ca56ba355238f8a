// Runs tests on each version of Node that is supported, and prints a table of what came out:
//
//   npm run test:node-versions -- [--only 22,24] [PATH...]
//
// Without paths all tests run. Each Node comes from the package registry (the package `node`); nothing is installed here.
// Exit status 1: a test failed on one of them, or a version could not be had.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'

const supported = ['20', '22', '24'] as const

interface Outcome {
  /** As Node calls itself: `v22.1.0`. */
  readonly node: string
  readonly tests: number
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly seconds: number
  readonly status: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', default: supported.join(',') } },
})
const outcomes: Outcome[] = []
for (const version of values.only.split(',')) {
  if (!/^\d+(\.\d+){0,2}$/.test(version))
    throw new Error(`--only takes versions such as 22 or 24.1.0, not ${version}`)
  outcomes.push(await testOn(version))
}
console.table(outcomes)
process.exitCode = outcomes.every(({ status }) => status === 0) ? 0 : 1

async function testOn(version: string): Promise<Outcome> {
  const node = pathOf(version)
  // Tests start further processes by the name `node` too: the package's tools, for instance.
  const environment = { ...process.env, PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}` }
  const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
  console.log(`\n== Node ${name}`)
  const began = performance.now()
  const run = spawn(node, ['--import', 'tsx', 'scripts/test.ts', ...positionals], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  run.stdout.setEncoding('utf8').on('data', (part: string) => {
    process.stdout.write(part)
    // The totals are the runner's last lines but for what failed, which is told again behind them.
    output += part
  })
  const [code] = (await once(run, 'close')) as [number | null]
  const total = (word: string): number =>
    Number([...output.matchAll(new RegExp(`^ℹ ${word} (\\d+)$`, 'gm'))].at(-1)?.[1] ?? Number.NaN)
  return {
    node: name,
    ...{ tests: total('tests'), passed: total('pass'), failed: total('fail'), skipped: total('skipped') },
    seconds: Math.round((performance.now() - began) / 1_000),
    status: code ?? 1,
  }
}

/** Where the package registry's client keeps the program, fetched unless it is there already. */
function pathOf(version: string): string {
  const parameters = ['--yes', `--package=node@${version}`, 'node', '--print', 'process.execPath']
  return execFileSync('npx', parameters, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim()
}
