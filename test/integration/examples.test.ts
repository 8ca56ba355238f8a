import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { promisify } from 'node:util'
import { Receiver } from '../../src/app/receiver.ts'
import { readEnvelope } from '../../src/event/envelope.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { startRelay } from '../support/relay.ts'
import { until } from '../support/until.ts'

const node = (file: string): string[] => ['--import', 'tsx', `examples/${file}`]

test('the examples do what they say: an event is written, decoded, and delivered', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)
  const [broker = ''] = stack.brokers
  const { events } = relay.config.topics

  const { stdout } = await promisify(execFile)(process.execPath, [
    ...node('kafka-sink.ts'),
    broker,
    stack.schemaRegistryUrl,
    events,
  ])
  assert.match(stdout, /^events-\S+\[\d\]@0, schema \d+\n$/)

  const decoding = start(t, [...node('decode-records.ts'), broker, stack.schemaRegistryUrl, events])
  await until(
    () =>
      /push team\/app \(application\/vnd\.docker\.distribution\.events\.v\d\+json, \d+ chars\)/.test(
        decoding.output(),
      ),
    {
      what: decoding.output,
    },
  )

  const endpoint = relay.config.bridge.endpoints[0]?.url ?? ''
  const before = relay.received.length
  const bridging = start(t, [...node('topic-bridge.ts'), broker, stack.schemaRegistryUrl, endpoint, events])
  await until(() => /push team\/app: 200 after 1 attempt/.test(bridging.output()), { what: bridging.output })
  await relay.receivedAtLeast(before + 1)
  assert.equal(readEnvelope(relay.received.at(-1)?.body ?? Buffer.of()).events[0]?.event.target?.tag, '1.0')
})

test('the example of a bridge says why an event waits', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const { config } = await startRelay(t, stack)
  const { events } = config.topics
  const servers = [stack.brokers[0] ?? '', stack.schemaRegistryUrl]
  await promisify(execFile)(process.execPath, [...node('kafka-sink.ts'), ...servers, events])
  const nowhere = 'http://127.0.0.1:1/hook'
  const bridging = start(t, [...node('topic-bridge.ts'), ...servers, nowhere, events])
  await until(() => /: http:\/\/127\.0\.0\.1:1 gave no answer \(ECONNREFUSED\)/.test(bridging.output()), {
    what: bridging.output,
  })
})

test('a decorated registry broadcasts to a Kafka topic and to an endpoint: the same events arrive at both, equal', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)
  const direct: Buffer[] = []
  const hook = new Receiver({ host: '127.0.0.1', port: 0, onPost: ({ body }) => direct.push(body) })
  const url = await hook.start()
  t.after(() => hook.close())

  const parameters = [
    ...node('composed-registry.ts'),
    stack.brokers.join(),
    stack.schemaRegistryUrl,
    url,
    relay.config.topics.events,
  ]
  const { stdout } = await promisify(execFile)(process.execPath, parameters)
  assert.equal((JSON.parse(stdout) as { successes: number }).successes, 6)
  await relay.receivedAtLeast(6)

  const sorted = (bodies: readonly Buffer[]): string[] => bodies.map(String).toSorted()
  assert.deepEqual(sorted(relay.received.map(({ body }) => body)), sorted(direct))
  const told = direct.flatMap((body) =>
    readEnvelope(body).events.map(({ event }) => `${event.action} ${event.target?.repository}`),
  )
  assert.deepEqual(told, [
    'push team/app',
    'push team/app',
    'push team/app',
    'pull team/app',
    'mount team/copy',
    'delete team/app',
  ])
})

/** A program that runs until it is told to stop; it must then end by itself. */
function start(t: TestContext, parameters: readonly string[]): { output: () => string } {
  const child: ChildProcess = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  child.stdout?.on('data', (chunk) => {
    text += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    text += String(chunk)
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  t.after(async () => {
    child.kill('SIGINT')
    await exited
  })
  return { output: () => text }
}
