import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { applyTopics, startGateway } from '../../../src/app/compose.ts'
import { startBridge } from '../../../src/app/compose-bridge.ts'
import { type ReceivedPost, Receiver } from '../../../src/app/receiver.ts'
import { loadSamples } from '../../../src/app/samples.ts'
import { Supervisor } from '../../../src/app/supervisor.ts'
import { createTelemetry } from '../../../src/app/telemetry.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { readNotifications } from '../../../src/config/notifications-block.ts'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { recipeBlock } from '../../support/recipe.ts'
import { until } from '../../support/until.ts'

test("gitlab: the registry's configuration is one, in both of its languages", () => {
  const text = recipeBlock('gitlab', "GitLab's registry")
  const { block, warnings } = readNotifications(text, 'config.yml')
  assert.deepEqual(warnings, [])
  assert.equal(block.endpoints.length, 1)

  const { notifications } = parse(text) as { notifications: { endpoints: unknown } }
  const [, list = ''] = /= (\[\n.*?\n\])\n/s.exec(recipeBlock('gitlab', 'gitlab.rb')) ?? []
  assert.deepEqual(JSON.parse(list.replaceAll("'", '"').replaceAll('=>', ':')), notifications.endpoints)
})

test("gitlab: what its registry posted reaches GitLab's own receiver, with GitLab's own header", async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const telemetry = createTelemetry({ level: 'error', format: 'json' }, 'stderr')
  const supervisor = new Supervisor(telemetry.logger)
  t.after(() => supervisor.stop())
  const folder = mkdtempSync(join(tmpdir(), 'relay-recipe-'))
  supervisor.add('folder', async () => rmSync(folder, { recursive: true, force: true }))
  const posts: ReceivedPost[] = []
  const gitlab = new Receiver({ host: '127.0.0.1', port: 0, onPost: (post) => posts.push(post) })
  const at = await gitlab.start()
  supervisor.add('receiver', () => gitlab.close())

  const { block } = readNotifications(recipeBlock('gitlab', "GitLab's registry"), 'config.yml')
  const [authorization = ''] = block.endpoints[0]?.headers['Authorization'] ?? []
  writeFileSync(join(folder, 'notifications-token'), authorization.replace('Bearer ', ''))
  writeFileSync(join(folder, 'gitlab-authorization'), 'the-secret-that-it-had\n')
  const run = randomUUID().slice(0, 8)
  const recipe = recipeBlock('gitlab', 'registry-relay.yaml', {
    'https://gitlab.example.com/': at,
    // Nothing is measured: on a machine that is busy no answer is to be a 503.
    'gateway:\n': 'gateway:\n  port: 0\n  ackBudgetMs: 4500\n',
    'bridge:\n': `bridge:\n  group: relay-${run}\n`,
  })
  const file = join(folder, 'registry-relay.yaml')
  writeFileSync(
    file,
    `
kafka: { brokers: "${stack.brokers.join()}" }
topics: { events: events-${run}, deadLetters: dlq-${run}, rejected: rejected-${run}, partitions: 3, replicationFactor: 1 }
schemaRegistry: { url: "${stack.schemaRegistryUrl}", mode: register }
spool: { folder: spool }
${recipe}`,
  )
  const config = loadConfig(file, {})
  await applyTopics(config, telemetry)
  await startBridge(config, telemetry, supervisor)
  const gateway = await startGateway(config, telemetry, supervisor)

  const sent = loadSamples().filter(({ registry }) => registry.startsWith('gitlab'))
  assert.ok(sent.length > 0)
  for (const { contentType, body } of sent) {
    const headers = { authorization, 'content-type': contentType }
    const { status } = await fetch(gateway.url, { method: 'POST', headers, body })
    assert.equal(status, 200)
  }
  await until(() => posts.length >= sent.length, { ms: 60_000 })
  assert.deepEqual(
    posts.map(({ body }) => body.toString()).toSorted(),
    sent.map(({ body }) => body).toSorted(),
  )
  for (const { contentType, headers } of posts) {
    assert.equal(contentType, 'application/vnd.docker.distribution.events.v1+json')
    assert.equal(headers.authorization, 'the-secret-that-it-had')
  }
})
