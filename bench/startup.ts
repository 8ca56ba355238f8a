// How long a command takes until it can be used, against a process that only loads every dependency, in the same run.
//
//   npm run bench:startup                                   21 rounds: about two minutes
//   node --import tsx bench/startup.ts --rounds 5           of what is in dist/ already
//   npx -y -p node@24 npm run bench:startup                 with another Node.js
//
// Contenders take turns, in each second round backwards. Kafka and the schema registry are not there: neither is waited for.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runtimePackages } from '../scripts/runtime-packages.ts'

interface Contender {
  readonly name: string
  readonly parameters: readonly string[]
  /** Text on standard output that says that it is ready; without one it is when it has ended. */
  readonly ready?: string
}

/** Of the time that it takes to import every dependency. */
const goal = 0.7

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '21' },
    dist: { type: 'string', default: 'dist' },
  },
})
const rounds = Number(values.rounds)
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--rounds must be 1 or more, not ${values.rounds}`)

const folder = mkdtempSync(join(tmpdir(), 'relay-startup-'))
try {
  const all = contenders(folder)
  const samples = new Map<Contender, number[]>(all.map((contender) => [contender, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? all : all.toReversed()) {
      samples.get(contender)?.push(await timeOf(contender))
    }
  }
  report(samples)
} finally {
  rmSync(folder, { recursive: true })
}

function contenders(home: string): Contender[] {
  const main = join(values.dist, 'cli', 'main.js')
  const file = join(home, 'registry-relay.yaml')
  writeFileSync(
    file,
    JSON.stringify({
      kafka: { brokers: '127.0.0.1:1' },
      schemaRegistry: { url: 'http://127.0.0.1:1' },
      gateway: { port: 0 },
      spool: { folder: join(home, 'spool') },
      bridge: { endpoints: [{ name: 'nobody', url: 'http://127.0.0.1:1/' }] },
      management: { port: 0 },
      logging: { format: 'json' },
    }),
  )
  const imports = Object.keys(runtimePackages())
    .map((name) => `import '${name}'`)
    .join('\n')
  return [
    { name: 'every dependency imported', parameters: ['--input-type=module', '--eval', imports] },
    { name: 'serve, until it listens', parameters: [main, 'serve', '-c', file], ready: 'gateway listens' },
    { name: 'bridge, until it runs', parameters: [main, 'bridge', '-c', file], ready: 'bridge runs' },
    { name: '--version', parameters: [main, '--version'] },
    { name: '--help', parameters: [main, '--help'] },
    { name: 'an empty script', parameters: ['--eval', '0'] },
  ]
}

/** Milliseconds from the start of the process. It is killed then: a stop is not what is measured. */
async function timeOf({ name, parameters, ready }: Contender): Promise<number> {
  const started = performance.now()
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  let text = ''
  let taken: number | undefined
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
    if (ready === undefined || taken !== undefined || !text.includes(ready)) return
    taken = performance.now() - started
    child.kill('SIGKILL')
  })
  const [status] = (await ended) as [number | null]
  if (ready === undefined ? status !== 0 : taken === undefined) {
    throw new Error(`${name} ended with ${status} before it was ready: ${text}`)
  }
  return taken ?? performance.now() - started
}

function report(samples: ReadonlyMap<Contender, readonly number[]>): void {
  const lines = [...samples].map(([{ name }, times]) => {
    const sorted = times.toSorted((a, b) => a - b)
    return { name, median: sorted[rounds >> 1] ?? 0, least: sorted[0] ?? 0, most: sorted.at(-1) ?? 0 }
  })
  const [base] = lines
  const ratioOf = (line: (typeof lines)[number] | undefined, figure: 'median' | 'least'): number =>
    (line?.[figure] ?? 0) / (base?.[figure] ?? 0)
  console.log(`Node.js ${process.version}, ${rounds} rounds, milliseconds\n`)
  console.log('| | median | least | most | of every import | by the least |')
  console.log('|---|---|---|---|---|---|')
  for (const line of lines) {
    const figures = [line.median, line.least, line.most].map((value) => value.toFixed(0))
    const ratios = [ratioOf(line, 'median'), ratioOf(line, 'least')].map((value) => value.toFixed(2))
    console.log(`| ${[line.name, ...figures, ...ratios].join(' | ')} |`)
  }
  const serve = lines.find(({ name }) => name.startsWith('serve'))
  const ratio = ratioOf(serve, 'median')
  console.log(
    `\nserve: ${ratio.toFixed(2)} of every import, goal at most ${goal}: ${ratio <= goal ? 'met' : 'NOT met'}`,
  )
}
