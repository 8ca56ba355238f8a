// Runs the tests: `npm test`, or `npm test -- test/unit test/integration/kafka/record-sink.test.ts`.
// Node 20's runner knows no globs, so the files are listed here. The integration tests share one Kafka and one schema
// registry, started here unless their addresses are given; tests that kill a server start one of their own.
import { spawn } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
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

const runner = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=2',
    '--test-timeout=300000',
    '--test-reporter=spec',
    ...options,
    ...files,
  ],
  { stdio: 'inherit', env: environment },
)
const code = await new Promise<number>((resolve) => {
  runner.on('exit', (status) => resolve(status ?? 1))
})
await stack?.stop()
process.exitCode = code

function testFiles(path: string): string[] {
  if (statSync(path).isFile()) return [path]
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join(path, name))
}
