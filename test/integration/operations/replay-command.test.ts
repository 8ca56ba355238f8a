import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { after, before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { KafkaAdmin } from '../../../src/kafka/kafkajs/admin.ts'
import { until } from '../../support/until.ts'
import { BridgeBed, TestReceiver } from '../topic-bridge/bridge-bed.ts'
import { relayCommand, textFile } from './relay-command.ts'

let bed: BridgeBed
let admin: KafkaAdmin

before(async () => {
  bed = await BridgeBed.start()
  admin = new KafkaAdmin(bed.kafka)
})

after(async () => {
  await admin.close()
  await bed.stop()
})

/** A topic with ten events of two repositories each, a receiver, and a configuration for both. */
async function relay(t: TestContext) {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  const { topic, deadLetterTopic } = await bed.topic(2)
  await bed.produce(topic, ['a/x', 'b/y'], 10)
  const config = textFile(
    t,
    'relay.yaml',
    `
kafka: { brokers: "${bed.stack.brokers.join(',')}" }
schemaRegistry: { url: "${bed.stack.schemaRegistryUrl}" }
topics: { events: ${topic}, deadLetters: ${deadLetterTopic} }
bridge: { group: ${topic}, endpoints: [{ name: hook, url: "${receiver.url}" }] }
`,
  )
  return { receiver, topic, config }
}

/** A Kafka that has just begun may take more than three seconds for an answer about a group. */
function withoutWait(stderr: string): string {
  return stderr.replace(/^waiting for Kafka at .*\n/m, '')
}

test('a dry run says which offsets would be read, and writes nothing', async (t) => {
  const { receiver, topic, config } = await relay(t)
  const base = [
    'replay',
    '-c',
    config,
    '--to-endpoint',
    'hook',
    '--from',
    'earliest',
    '--id',
    'dry',
    '--dry-run',
  ]
  const { status, stdout, stderr } = await relayCommand(...base)
  assert.deepEqual([status, withoutWait(stderr)], [0, ''])
  assert.match(
    stdout,
    new RegExp(`^Replay: dry, ${topic} to hook\n  from earliest to latest; 20 offsets to read\n`),
  )
  const { partitions, dryRun } = JSON.parse((await relayCommand(...base, '--json')).stdout)
  assert.equal(dryRun, true)
  assert.equal(partitions.length, 2)
  assert.equal(receiver.taken.length, 0)
  for (const group of ['dry', 'dry.plan']) {
    assert.equal((await admin.groupOffsets(`${topic}.replay.${group}`, topic)).size, 0)
  }
})

test('delivers to an endpoint of the configuration, and says so in two lines where there is no terminal', async (t) => {
  const { receiver, config } = await relay(t)
  const base = ['replay', '-c', config, '--id', 'mine']
  const first = await relayCommand(...base, '--to-endpoint', 'hook', '--from', '1h', '--repository', 'a/*')
  assert.deepEqual([first.status, withoutWait(first.stderr)], [0, ''])
  assert.match(
    first.stdout,
    /^Replay: mine, .* to hook\n.*; only repositories a\/\*\nDone: 10 delivered, 10 left out/,
  )
  assert.deepEqual(receiver.outOfOrder(), [])
  assert.equal(receiver.taken.length, 10)

  const again = await relayCommand(...base)
  assert.equal(again.status, 0)
  assert.match(again.stdout, /^Replay goes on: mine, .*\nFinished before: nothing was left to deliver\.\n$/s)
  const other = await relayCommand(...base, '--repository', 'b/*')
  assert.deepEqual([other.status, other.stdout], [2, ''])
  assert.match(
    other.stderr,
    /^error: replay mine was begun with other options: --repository was a\/\*, now b\/\*\nsee registry-relay replay --help\n$/,
  )
})

test('what the endpoint refuses is named for programs too, and makes the command fail', async (t) => {
  const { receiver, topic, config } = await relay(t)
  receiver.answer = ({ id }) => (id === 'a/x#3' ? 400 : 204)
  const to = ['--to-endpoint', receiver.url]
  const { status, stdout } = await relayCommand('replay', '-c', config, ...to, '--from', 'earliest', '--json')
  assert.equal(status, 1)
  const end = JSON.parse(stdout)
  assert.deepEqual([end.end, end.delivered, end.refused, end.offsets.done], ['done', 19, 1, '20'])
  assert.match(end.id, /^\d{8}-\d{6}-[a-z0-9]{4}$/)
  assert.equal(end.refusals[0].code, 'DELIVERY_REFUSED')
  assert.match(end.refusals[0].record, new RegExp(`^${topic}-\\d@\\d+$`))

  const forgotten = await relayCommand('replay', '-c', config, '--id', end.id)
  assert.equal(forgotten.status, 2)
  assert.match(forgotten.stderr, /goes to a URL, which is not kept: give --to-endpoint again/)
})

test('interrupted, it ends what is under way and prints the command that goes on, without the URL', async (t) => {
  const { receiver, config } = await relay(t)
  const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
  const to = ['--to-endpoint', `${receiver.url}?a=1&token=hidden`]
  const options = ['replay', '-c', config, ...to, '--from', 'earliest', '--rate', '5']
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...options])
  t.after(() => child.kill('SIGKILL'))
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (text) => {
    stdout += text
  })
  child.stderr.on('data', (text) => {
    stderr += text
  })
  const exit = new Promise((resolve) => child.on('exit', resolve))
  await until(() => receiver.taken.length >= 3)
  child.kill('SIGINT')
  assert.equal(await exit, 1)
  assert.match(stderr, /^ends after what is under way; press again to end now$/m)
  assert.match(stdout, /\nInterrupted; resumes from \d+ of 20 offsets: \d+ delivered/)
  const command = /\n {2}registry-relay (replay .*)\n$/.exec(stdout)?.[1]
  assert.match(String(command), /--id [\w-]+ --to-endpoint '<the same URL>' --rate 5$/)
  assert.doesNotMatch(stdout + stderr, /hidden/)

  const id = / --id (\S+)/.exec(String(command))?.[1] ?? ''
  const { status } = await relayCommand('replay', '-c', config, ...to, '--id', id)
  assert.equal(status, 0)
  assert.equal(receiver.taken.length, 20)
  assert.deepEqual(receiver.outOfOrder(), [])
})

test('an endpoint that is gone ends it, and so does a Kafka that is away', async (t) => {
  const { receiver, config } = await relay(t)
  receiver.answer = () => 410
  const to = ['--to-endpoint', 'hook', '--from', 'earliest']
  const gone = await relayCommand('replay', '-c', config, ...to)
  assert.equal(gone.status, 1)
  assert.match(gone.stdout, /\nFailed: .*410.*\n\nTo go on:\n {2}registry-relay replay /)
  const away = textFile(
    t,
    'away.yaml',
    'kafka: { brokers: "127.0.0.1:1" }\nschemaRegistry: { url: "http://127.0.0.1:1" }\nbridge: { endpoints: [{ name: hook, url: "http://127.0.0.1:1/" }] }\n',
  )
  const { status, stderr } = await relayCommand('replay', '-c', away, ...to)
  assert.equal(status, 1)
  assert.match(stderr, /ECONNREFUSED 127\.0\.0\.1:1\nKAFKA_UNAVAILABLE: /)
})

test('a topic that is not there is created by another command, and an offset behind its end is a wrong option', async (t) => {
  const { topic, config } = await relay(t)
  const lacking = textFile(
    t,
    'lacking.yaml',
    `
kafka: { brokers: "${bed.stack.brokers.join(',')}" }
schemaRegistry: { url: "${bed.stack.schemaRegistryUrl}" }
topics: { events: ${topic}.none }
bridge: { endpoints: [{ name: hook, url: "http://127.0.0.1:1/" }] }
`,
  )
  const to = ['--to-endpoint', 'hook']
  const none = await relayCommand('replay', '-c', lacking, ...to, '--from', 'earliest')
  assert.equal(none.status, 1)
  assert.match(
    none.stderr,
    /there is no topic .*\.none: create it with `registry-relay topics apply -c \/.*\/lacking\.yaml`\n/,
  )
  const span = ['--partition', '0', '--from-offset', '99999']
  const beyond = await relayCommand('replay', '-c', config, ...to, ...span)
  assert.equal(beyond.status, 2)
  assert.match(beyond.stderr, /--from-offset: partition 0 of .* ends at \d+, before 99999\n/)
})

test('wrong options are told from a wrong configuration by the exit status', async (t) => {
  const { config } = await relay(t)
  const statusOf = async (...options: string[]): Promise<number> =>
    (await relayCommand('replay', ...options)).status
  assert.equal(await statusOf('-c', config, '--to-endpoint', 'hook'), 2)
  assert.equal(await statusOf('-c', config, '--to-endpoint', 'hook', '--from', 'yesterday'), 2)
  assert.equal(await statusOf('-c', config, '--id', 'a.b'), 2)
  assert.equal(await statusOf('-c', textFile(t, 'wrong.yaml', 'kafka: {}'), '--to-endpoint', 'hook'), 78)
})
