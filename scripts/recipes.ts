// Runs the recipes of docs/recipes whose programs are large, against a real Kafka and a real schema registry:
//
//   npm run test:recipes                          all of them
//   npm run test:recipes -- flink clickhouse      those
//
// The first run fetches them: 40 MB for kafka-connect to 450 MB for spark. It needs Java 17, Maven and Python 3 with venv.
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { startLocalStack } from '../src/local-stack/local-stack.ts'

const folder = 'test/recipes'
const ending = '.recipe.ts'
const names = readdirSync(folder)
  .filter((file) => file.endsWith(ending))
  .map((file) => file.slice(0, -ending.length))
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length > 0) {
  console.error(`no recipe ${unknown.join(', ')}; there are ${names.join(', ')}`)
  process.exit(2)
}

const stack = await startLocalStack({ onProgress: ({ step }) => console.error(`real parts: ${step}`) })
const runner = spawn(
  process.execPath,
  [
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=1',
    '--test-timeout=900000',
    '--test-reporter=spec',
    ...(asked.length === 0 ? names : asked).map((name) => `${folder}/${name}${ending}`),
  ],
  {
    stdio: 'inherit',
    env: {
      ...process.env,
      REGISTRY_RELAY_BROKERS: stack.brokers.join(','),
      REGISTRY_RELAY_SCHEMA_REGISTRY: stack.schemaRegistryUrl,
    },
  },
)
process.exitCode = await new Promise<number>((resolve) => {
  runner.on('exit', (status) => resolve(status ?? 1))
})
await stack.stop()
