import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import { decodeStoredEvent } from '../../../src/avro/event-codec.ts'
import { unframe } from '../../../src/avro/wire-format.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { readRecords } from '../../support/read-records.ts'
import { type Relay, startRelay } from '../../support/relay.ts'
import { until } from '../../support/until.ts'
import { type Fate, forwardDeliveries, proxyTo } from './loadgen-bed.ts'
import { relayCommand, startRelay as startCommand, textFile } from './relay-command.ts'

let stack: LocalStack

before(async () => {
  stack = await startLocalStack()
})

after(() => stack.stop())

const small = ['--registries', '3', '--repositories', '4', '--events', '150', '--json'] as const
const kinds = ['distribution', 'distribution-2', 'gitlab'] as const

function configOf(relay: Relay): string {
  return `
kafka: { brokers: "${stack.brokers.join(',')}" }
schemaRegistry: { url: "${stack.schemaRegistryUrl}" }
topics: { events: ${relay.config.topics.events} }
`
}

test('a relay loses nothing and keeps the order, as registries post, in the topic and behind the bridge', async (t) => {
  const relay = await startRelay(t, stack)
  const config = textFile(t, 'relay.yaml', configOf(relay))
  for (const kind of kinds) {
    await t.test(`${kind}, read from the topic`, async () => {
      const options = ['--url', relay.url, '--as', kind, '-c', config, ...small]
      const { status, stdout, stderr } = await relayCommand('loadgen', ...options)
      const { clean, events, taken, answers, farEnd, answerMs } = JSON.parse(stdout || stderr)
      assert.deepEqual([status, clean, events, taken], [0, true, 150, 150])
      assert.deepEqual(answers, { 200: 150 })
      const { arrived, lost, outOfOrder, altered, latencyMs } = farEnd
      assert.deepEqual([arrived, lost, outOfOrder, altered], [150, 0, 0, 0])
      assert.equal(latencyMs.count, 150)
      assert.equal(answerMs.count, 150)
    })
    await t.test(`${kind}, taken from the bridge`, async (sub) => {
      await until(() => relay.received.length % 150 === 0)
      const receiver = await forwardDeliveries(sub, relay)
      const options = ['--url', relay.url, '--as', kind, '--receiver', receiver, ...small]
      const { status, stdout, stderr } = await relayCommand('loadgen', ...options)
      assert.match(stderr, new RegExp(`^the receiver listens on http://${receiver}/$`, 'm'))
      const { farEnd } = JSON.parse(stdout)
      const { arrived, lost, outOfOrder, altered } = farEnd
      assert.deepEqual([status, arrived, lost, outOfOrder, altered], [0, 150, 0, 0, 0])
    })
  }
  await t.test('and every body was taken by its typed fields', async () => {
    const records = await readRecords(stack.brokers, relay.config.topics.events)
    assert.equal(records.length, 900)
    const verbatim = records.filter(({ value }) => {
      return decodeStoredEvent(unframe(value).datum).rawEnvelope !== undefined
    })
    assert.equal(verbatim.length, 0)
  })
})

test('a gateway that loses or reorders what it has acknowledged is found out', async (t) => {
  const relay = await startRelay(t, stack)
  const config = textFile(t, 'relay.yaml', configOf(relay))
  const load = async (fate: Fate) => {
    const url = await proxyTo(t, relay.url, fate)
    const options = [
      '--url',
      url,
      '-c',
      config,
      '--patience',
      '3',
      '--registries',
      '1',
      '--repositories',
      '2',
    ]
    const { status, stdout } = await relayCommand(
      'loadgen',
      ...options,
      '--events',
      '60',
      '--json',
      '--seed',
      '5',
    )
    return { status, ...JSON.parse(stdout) }
  }
  const losing = await load((count) => (count === 20 ? 'drop' : 'pass'))
  assert.deepEqual([losing.status, losing.farEnd.lost, losing.farEnd.outOfOrder], [1, 1, 0])
  assert.equal(losing.farEnd.examples[0].fate, 'lost')
  // Ten in a row: one of them at least has a later event of its repository behind it that overtakes it.
  const reordering = await load((count) => (count >= 20 && count < 30 && count % 2 === 0 ? 'hold' : 'pass'))
  assert.equal(reordering.status, 1)
  assert.equal(reordering.farEnd.lost, 0)
  assert.ok(reordering.farEnd.outOfOrder > 0)
})

test('without anybody to look at, it counts answers, and a 503 is repeated until it is taken', async (t) => {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume()
    posts += 1
    const status = posts > 5 && posts <= 8 ? 503 : 200
    response.writeHead(status, { 'content-length': 0 }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const options = ['--url', url, '--registries', '1', '--events', '10']
  const { status, stdout } = await relayCommand('loadgen', ...options)
  assert.equal(status, 0)
  assert.match(
    stdout,
    /^events +10 {2}in \d+\.\d s, [\d.]+ a second\ntaken +10 {2}200: 10, 503: 3\nretries +3\n/,
  )
  assert.match(stdout, /\nanswer of the gateway +[\d.]+ +[\d.]+ +[\d.]+ +[\d.]+\n\nTaken; nobody looked/)
})

test('interrupted, it posts no more and tells what came of what it had posted', async (t) => {
  const relay = await startRelay(t, stack)
  const config = textFile(t, 'relay.yaml', configOf(relay))
  const options = ['--url', relay.url, '-c', config, '--seconds', '600', '--rate', '50', '--json']
  const { child, end } = startCommand('loadgen', ...options)
  t.after(() => child.kill('SIGKILL'))
  await relay.receivedAtLeast(20)
  child.kill('SIGINT')
  const { status, stdout, stderr } = await end
  assert.match(stderr, /^posts no more; press again to end without waiting$/m)
  const { clean, taken, unanswered, farEnd } = JSON.parse(stdout)
  assert.deepEqual([status, clean, unanswered], [0, true, 0])
  assert.ok(taken >= 20)
  assert.deepEqual([farEnd.lost, farEnd.outOfOrder], [0, 0])
})

test('interrupted at a gateway that takes nothing, it does not say that all is well', async (t) => {
  let refused = 0
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
    if (body !== '{}') refused += 1
    response.writeHead(body === '{}' ? 200 : 503, { 'content-length': 0 }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const { child, end } = startCommand('loadgen', '--url', url, '--events', '10', '--verify', 'none')
  t.after(() => child.kill('SIGKILL'))
  await until(() => refused >= 4)
  child.kill('SIGINT')
  const { status, stdout } = await end
  assert.equal(status, 1)
  assert.match(stdout, /^Not as it should be: \d never answered\.$/m)
})

test('it looks into the topic of a configuration that is found as every command finds it', async (t) => {
  const relay = await startRelay(t, stack)
  const variable = 'REGISTRY_RELAY_CONFIG'
  process.env[variable] = textFile(t, 'relay.yaml', configOf(relay))
  t.after(() => delete process.env[variable])
  const { status, stdout } = await relayCommand('loadgen', '--url', relay.url, '--events', '10', '--json')
  const { clean, farEnd } = JSON.parse(stdout)
  assert.deepEqual([status, clean, farEnd.arrived], [0, true, 10])
})

test('other bytes than were posted are well only where the configuration redacts, or when they are meant', async (t) => {
  const redact = 'redact: { preset: recommended }'
  const relay = await startRelay(t, stack, { gateway: redact })
  const plain = textFile(t, 'plain.yaml', configOf(relay))
  const redacting = textFile(t, 'redacting.yaml', `${configOf(relay)}gateway: { ${redact} }\n`)
  const load = async (...options: readonly string[]) => {
    const { status, stdout } = await relayCommand(
      ...['loadgen', '--url', relay.url, '--events', '10', '--json'],
      ...options,
    )
    const { clean, farEnd } = JSON.parse(stdout)
    assert.equal(farEnd.altered, 10)
    return [status, clean]
  }
  assert.deepEqual(await load('-c', plain), [1, false])
  assert.deepEqual(await load('-c', plain, '--allow-altered'), [0, true])
  assert.deepEqual(await load('-c', redacting), [0, true])
})

test('it does not begin where the gateway would take nothing, and says what is missing', async (t) => {
  const relay = await startRelay(t, stack, {
    gateway: 'credentials: [{ bearer: one-secret-token-of-a-test }]',
  })
  const without = await relayCommand('loadgen', '--url', relay.url, '--events', '1')
  assert.deepEqual([without.status, without.stdout], [1, ''])
  assert.match(without.stderr, /^the gateway answers 401: .*--token/)
  const token = ['--token', 'one-secret-token-of-a-test']
  const withToken = await relayCommand('loadgen', '--url', relay.url, '--events', '1', ...token)
  assert.equal(withToken.status, 0)
  const away = await relayCommand('loadgen', '--url', 'http://127.0.0.1:1/', '--events', '1')
  assert.equal(away.status, 1)
  assert.match(away.stderr, /^the gateway does not answer \(ECONNREFUSED\)/)
  const { port } = new URL(relay.url)
  const options = ['--url', relay.url, '--events', '1', ...token, '--receiver', `127.0.0.1:${port}`]
  const taken = await relayCommand('loadgen', ...options)
  assert.equal(taken.status, 1)
  assert.match(taken.stderr, /^receiver: cannot listen on .*EADDRINUSE.* \(--receiver\)\nCANNOT_LISTEN: /)
  const wrong = await relayCommand('loadgen', '--url', 'ftp://a/')
  assert.equal(wrong.status, 2)
})
