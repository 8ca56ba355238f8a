// Runs the tests: `npm test`, or `npm test -- test/unit test/integration/kafka/record-sink.test.ts`.
// Node 20's runner knows no globs, so the files are listed here. The integration tests share one Kafka and one schema
// registry, started here unless their addresses are given; tests that kill a server start one of their own.
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { startLocalStack } from '../src/local-stack/local-stack.ts'

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const files = (asked.length === 0 ? ['test'] : asked).flatMap(testFiles).toSorted()
if (files.length === 0) {
  console.error(`no test files under ${asked.join(', ')}`)
  process.exit(2)
}

const needsStack = files.some((file) => file.includes('integration'))
const stack = needsStack
  ? await startLocalStack({ onProgress: ({ step }) => console.error(`real parts: ${step}`) })
  : undefined
const environment = { ...process.env }
if (stack !== undefined) {
  environment['REGISTRY_RELAY_BROKERS'] = stack.brokers.join(',')
  environment['REGISTRY_RELAY_SCHEMA_REGISTRY'] = stack.schemaRegistryUrl
}

// Not below node_modules, where the runner of Node 22 and later finds no tests, even those that it is told.
const groupFolder = mkdtempSync(join(tmpdir(), 'registry-relay-tests-'))
const runner = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=3',
    '--test-timeout=300000',
    '--test-reporter=spec',
    ...options,
    ...inGroups(files),
  ],
  { stdio: 'inherit', env: environment },
)
const code = await new Promise<number>((resolve) => {
  runner.on('exit', (status) => resolve(status ?? 1))
})
rmSync(groupFolder, { recursive: true })
await stack?.stop()
process.exitCode = code

function testFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
}

/**
 * The runner starts a process for each file, which takes a second of a core before the first test. Unit tests of one room share
 * a process; all others keep one each, because they start servers, send signals and watch memory.
 */
function inGroups(all: readonly string[]): string[] {
  const rooms = new Map<string, string[]>()
  const single: string[] = []
  for (const file of all) {
    const room = /^test\/unit\/([^/]+)\//.exec(file)?.[1]
    if (room === undefined) single.push(file)
    else rooms.set(room, [...(rooms.get(room) ?? []), file])
  }
  const groups = [...rooms].flatMap(([room, members]) => {
    if (members.length === 1) return members
    const group = join(groupFolder, `${room}.mjs`)
    const lines = members.map((file) => `await import('${pathToFileURL(resolve(file)).href}')\n`)
    writeFileSync(group, lines.join(''))
    return [group]
  })
  return [...groups, ...single]
}
