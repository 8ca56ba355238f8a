import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { type TestContext, test } from 'node:test'
import { readEnvironment } from '../../../src/local-stack/environment.ts'
import { findJavas, type Java } from '../../../src/local-stack/java-discovery.ts'
import { releaseFor } from '../../../src/local-stack/java-schema-registry.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { createTopic, topicsOf } from './kafka-admin.ts'
import { isOpen } from './port.ts'

/** One Java for each release of the schema registry that this machine can run. */
const javas = new Map<string, Java>()
for (const java of await findJavas(readEnvironment())) {
  const part = releaseFor(java.version)?.part
  if (part !== undefined && !javas.has(part)) javas.set(part, java)
}

test('this machine has the Javas that the tests are meant for', () => {
  // A build machine has both; elsewhere one of them is enough to work on the rest.
  assert.ok(javas.size >= (process.env['CI'] === undefined ? 1 : 2), `found ${[...javas.keys()].join(', ')}`)
})

for (const [part, { home, version }] of javas) {
  test(`Kafka and ${part} on Java ${version} come back from kill -9 with ports and data`, async (t) => {
    const temporary = await folder(t)
    const stack = await startLocalStack({
      ways: ['java'],
      javaHome: home,
      environment: { ...process.env, TMPDIR: temporary },
    })
    t.after(() => stack.stop())
    assert.equal(stack.way, 'java')
    await createTopic(stack.brokers, 'kept')
    const id = await register(stack, 'kept-value', '"string"')
    assert.equal((await call(stack, 'GET', '/config'))['compatibilityLevel'], 'BACKWARD')

    await Promise.all([stack.kafka.kill(), stack.schemaRegistry.kill()])
    assert.equal(await isOpen(String(stack.brokers[0])), false)
    assert.equal(await isOpen(stack.schemaRegistryUrl), false)
    await Promise.all([stack.kafka.start(), stack.schemaRegistry.start()])

    assert.deepEqual(await topicsOf(stack.brokers), ['kept'])
    assert.equal((await call(stack, 'GET', `/schemas/ids/${id}`))['schema'], '"string"')
    assert.match(stack.kafka.logs(), /Kafka Server started/)
    await stack.stop()
    assert.equal(await isOpen(String(stack.brokers[0])), false)
    assert.equal(await isOpen(stack.schemaRegistryUrl), false)
    assert.deepEqual(await readdir(temporary), [])
  })
}

test('two stacks run side by side, and a stopped or paused server is only its own', async (t) => {
  const first = await startKafka(t)
  const second = await startKafka(t)
  await createTopic(first.brokers, 'one')
  await createTopic(second.brokers, 'two')
  await first.kafka.stop()
  await first.kafka.stop()
  second.kafka.pause()
  second.kafka.resume()
  assert.deepEqual(await topicsOf(second.brokers), ['two'])
  await Promise.all([first.kafka.start(), first.kafka.start()])
  assert.deepEqual(await topicsOf(first.brokers), ['one'])
})

test('a data folder of the caller, named by a relative path, is kept for the next stack', async (t) => {
  const dataDir = relative(process.cwd(), await folder(t))
  const first = await startKafka(t, { dataDir })
  await createTopic(first.brokers, 'kept')
  await first.stop()
  const second = await startKafka(t, { dataDir })
  assert.deepEqual(await topicsOf(second.brokers), ['kept'])
})

test('a server that does not start is shown with its last lines, and nothing is left', async (t) => {
  const temporary = await folder(t)
  const broken = startLocalStack({
    ways: ['java'],
    schemaRegistry: false,
    brokerProperties: { 'num.io.threads': 'several' },
    environment: { ...process.env, TMPDIR: temporary },
  })
  await assert.rejects(broken, (error: Error) => {
    assert.equal('code' in error && error.code, 'REAL_PARTS_FAILED')
    assert.match(error.message, /^kafka \S+ did not start: it ended with exit status 1\. Its last lines:\n/)
    assert.match(error.message, /Invalid value several for configuration num\.io\.threads/)
    return true
  })
  assert.deepEqual(await readdir(temporary), [])
})

test('a stack without a schema registry says so when asked for it', async (t) => {
  const stack = await startKafka(t)
  assert.throws(() => stack.schemaRegistryUrl, /without a schema registry/)
  assert.throws(() => stack.schemaRegistry, /without a schema registry/)
})

async function startKafka(t: TestContext, options: { dataDir?: string } = {}): Promise<LocalStack> {
  const stack = await startLocalStack({ ways: ['java'], schemaRegistry: false, ...options })
  t.after(() => stack.stop())
  return stack
}

async function folder(t: TestContext): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'java-way-test-'))
  t.after(() => rm(made, { recursive: true, force: true }))
  return made
}

async function register(stack: LocalStack, subject: string, schema: string): Promise<number> {
  return Number((await call(stack, 'POST', `/subjects/${subject}/versions`, { schema }))['id'])
}

async function call(
  stack: LocalStack,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const response = await fetch(`${stack.schemaRegistryUrl}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  assert.equal(response.status, 200, `${method} ${path}`)
  return (await response.json()) as Record<string, unknown>
}
