import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { postNotification } from '../../../src/app/poster.ts'
import { loadSamples } from '../../../src/app/samples.ts'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { pythonWithPackages } from '../../support/python.ts'
import { recipeBlock } from '../../support/recipe.ts'
import { startRelay } from '../../support/relay.ts'
import { until } from '../../support/until.ts'

test('python: the consumer of the recipe prints every event, and after a stop goes on where it was', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  // Nothing is measured: on a machine that is busy no answer is to be a 503.
  const relay = await startRelay(t, stack, { gateway: 'ackBudgetMs: 4500' })
  const folder = mkdtempSync(join(tmpdir(), 'relay-recipe-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'registry_events.py')
  writeFileSync(
    program,
    recipeBlock('python', 'registry_events.py', {
      'my-registry-events': `recipe-${relay.config.topics.events}`,
      'registry.events.v1': relay.config.topics.events,
      'kafka:9092': stack.brokers.join(),
      'http://schema-registry:8081': stack.schemaRegistryUrl,
    }),
  )
  const python = pythonWithPackages()
  const run = (): { readonly lines: () => string[]; readonly stop: () => Promise<void> } => {
    const consumer = spawn(python, [program], { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(consumer, 'exit')
    let output = ''
    consumer.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
    const stop = async (): Promise<void> => {
      consumer.kill('SIGTERM')
      assert.deepEqual(await exited, [0, null])
    }
    t.after(() => consumer.kill('SIGKILL'))
    return { lines: () => output.split('\n').slice(0, -1), stop }
  }

  const samples = loadSamples()
  for (const sample of samples) assert.equal(await postNotification(relay.url, sample, 5_000), 200)
  const first = run()
  await until(() => first.lines().length >= samples.length, {
    ms: 60_000,
    what: () => first.lines().join('\n'),
  })
  await first.stop()
  assert.equal(first.lines().length, samples.length)
  assert.ok(first.lines().some((line) => line.startsWith('push team/app v1 2026-')))

  const [another] = samples
  assert.ok(another !== undefined)
  const fresh = { ...another, body: another.body.replace(/"id": "[^"]*"/, '"id": "said-after-the-stop"') }
  assert.equal(await postNotification(relay.url, fresh, 5_000), 200)
  const second = run()
  await until(() => second.lines().length > 0, { ms: 60_000 })
  await second.stop()
  assert.equal(second.lines().length, 1)
})
