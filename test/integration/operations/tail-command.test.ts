import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { after, before, type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { until } from '../../support/until.ts'
import { BridgeBed, eventOf } from '../topic-bridge/bridge-bed.ts'
import { relayCommand, startRelay, textFile } from './relay-command.ts'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})

after(() => bed.stop())

/** Topics of a test's own, the second one that of a route, and a configuration for both. */
async function relay(t: TestContext, partitions = 2) {
  const { topic, deadLetterTopic: pulls } = await bed.topic(partitions)
  const config = textFile(
    t,
    'relay.yaml',
    `
kafka: { brokers: "${bed.stack.brokers.join(',')}" }
schemaRegistry: { url: "${bed.stack.schemaRegistryUrl}" }
topics: { events: ${topic}, routes: [{ topic: ${pulls}, actions: [pull] }] }
bridge: { group: ${topic} }
`,
  )
  return { topic, pulls, config }
}

/** `tail` while it runs. */
function startTail(t: TestContext, ...options: readonly string[]) {
  const { child, end } = startRelay('tail', ...options)
  t.after(() => child.kill('SIGKILL'))
  const lines: string[] = []
  let rest = ''
  let stderr = ''
  child.stdout?.on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop() ?? ''
    lines.push(...parts)
  })
  child.stderr?.on('data', (text: string) => {
    stderr += text
  })
  const said = (pattern: RegExp): Promise<void> =>
    until(() => pattern.test(stderr), { what: () => stderr, ms: 60_000 })
  return { child, end, lines, said, following: () => said(/^following /m) }
}

test('prints a line for each event as it comes, of all topics, and ends with 0 when it is interrupted', async (t) => {
  const { topic, pulls, config } = await relay(t)
  await bed.produce(topic, ['a/old'], 1)
  const { child, end, lines, following } = startTail(t, '-c', config, '-v')
  await following()
  await bed.produce(topic, ['a/x'], 2)
  await bed.produce(pulls, ['b/y'], 1)
  await until(() => lines.length === 3, { what: () => lines.join('\n') })
  child.kill('SIGINT')
  const { status, stderr } = await end
  assert.equal(status, 0)
  assert.match(stderr, new RegExp(`^following ${topic}, ${pulls} from now; Ctrl-C ends$`, 'm'))
  const ofTopic = lines.filter((line) => line.includes('a/x'))
  assert.match(ofTopic[0] ?? '', new RegExp(` push {4}a/x@sha256:111111111111 .* ${topic}-\\d@\\d+$`))
  assert.equal(ofTopic.length, 2)
  assert.equal(lines.filter((line) => line.includes(`${pulls}-`)).length, 1)
})

test('a topic that is deleted and created again is told, and its events are shown from the first one on', async (t) => {
  const { topic, config } = await relay(t, 1)
  const { child, end, lines, said, following } = startTail(t, '-c', config, '--json', '--topic', topic)
  await following()
  await bed.produce(topic, ['a'], 5)
  await until(() => lines.length === 5)
  await bed.recreate(topic, 1)
  await bed.produce(topic, ['b'], 2)
  await said(new RegExp(`^topic ${topic} begins anew: .*; reading it from its beginning$`, 'm'))
  await until(() => lines.length === 7, { what: () => lines.join('\n') })
  await bed.produce(topic, ['b'], 3, 2)
  await until(() => lines.length === 8, { what: () => lines.join('\n') })
  assert.deepEqual(
    lines.slice(5).map((line) => [JSON.parse(line).offset, JSON.parse(line).event.id]),
    [
      ['0', 'b#0'],
      ['1', 'b#1'],
      ['2', 'b#2'],
    ],
  )
  child.kill('SIGINT')
  assert.equal((await end).status, 0)
})

test('leaves no member and no offset of a group behind', async (t) => {
  const { topic, config } = await relay(t)
  await bed.produce(topic, ['a/x'], 3)
  const { status } = await relayCommand('tail', '-c', config, '--from', 'beginning', '--limit', '2')
  assert.equal(status, 0)
  const { groups } = await bed.admin.listGroups()
  const own = groups.map(({ groupId }) => groupId).filter((groupId) => groupId.startsWith(topic))
  assert.notEqual(own.length, 0)
  const described = await bed.admin.describeGroups(own)
  assert.deepEqual(
    described.groups.map(({ members }) => members.length),
    own.map(() => 0),
  )
  for (const groupId of own) {
    const [answer] = await bed.admin.fetchOffsets({ groupId, topics: [topic] })
    assert.ok(answer?.partitions.every(({ offset }) => offset === '-1'))
  }
})

test('--json: a line per event with where it lies; filters; and the end of the topic as it was', async (t) => {
  const { topic, config } = await relay(t)
  await bed.produce(topic, ['team/x', 'other'], 3)
  const options = ['--from', '1h', '--topic', topic, '--no-follow', '--json']
  const { status, stdout } = await relayCommand('tail', '-c', config, ...options, '--repository', 'team/*')
  assert.equal(status, 0)
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  assert.deepEqual(
    lines.map(({ event }) => event.id),
    ['team/x#0', 'team/x#1', 'team/x#2'],
  )
  assert.equal(lines[0].topic, topic)
  assert.match(lines[0].offset, /^\d+$/)
  const later = await relayCommand('tail', '-c', config, '--from', '2100-01-01T00:00:00Z', '--no-follow')
  assert.deepEqual([later.status, later.stdout], [0, ''])
})

test('--envelope: recorded notifications come out as they were received, one a line', async (t) => {
  const { topic, config } = await relay(t, 1)
  const bodies = recordedBodies().slice(0, 40)
  const messages = bodies.map(({ body, contentType }) => ({
    key: 'k',
    value: bed.valueOf(body.toString('utf8'), contentType),
  }))
  await bed.send(topic, messages)
  const options = ['--from', 'beginning', '--topic', topic, '--no-follow', '--envelope']
  const { stdout } = await relayCommand('tail', '-c', config, ...options)
  const lines = stdout.trimEnd().split('\n')
  assert.deepEqual(
    lines,
    bodies.map(({ body }) =>
      body
        .toString('utf8')
        .replaceAll(/\n */g, '')
        .replaceAll(/": (?=["{[\d])/g, '":'),
    ),
  )
})

test('a record that is no event is named, and those behind it are shown', async (t) => {
  const { topic, config } = await relay(t, 1)
  const event = { key: 'a', value: bed.value(eventOf('a', 1)) }
  await bed.send(topic, [{ key: 'a', value: 'no event' }, event])
  const options = ['-c', config, '--from', '0', '--partition', '0', '--topic', topic, '--no-follow']
  const { status, stdout } = await relayCommand('tail', ...options)
  assert.equal(status, 0)
  const [first, second] = stdout.split('\n')
  assert.match(first ?? '', new RegExp(`unreadable ${topic}-0@0: RECORD_UNDECODABLE: `))
  assert.match(second ?? '', / push {4}a@sha256:/)
  const json = await relayCommand('tail', ...options, '--json')
  assert.equal(JSON.parse(json.stdout.split('\n')[0] ?? '').error.code, 'RECORD_UNDECODABLE')
  const envelope = await relayCommand('tail', ...options, '--envelope')
  assert.match(envelope.stdout, /^\{"events":\[\{"id":"a#1".*\n$/)
  assert.match(envelope.stderr, /unreadable/)
})

test('a reader that has enough, as head, ends it quietly', async (t) => {
  const { topic, config } = await relay(t, 1)
  for (let round = 0; round < 4; round++) await bed.produce(topic, ['a'], 500)
  const { stdout, stderr } = await promisify(execFile)('bash', [
    '-c',
    'set -o pipefail; timeout 60 "$0" --import tsx "$1" tail -c "$2" --from beginning --json | head -n 1',
    process.execPath,
    program,
    config,
  ])
  assert.equal(JSON.parse(stdout).offset, '0')
  assert.match(stderr, /^following [^\n]* from the beginning; Ctrl-C ends\n$/)
})

test('wrong options and a topic that is not there are told from each other', async (t) => {
  const { topic, config } = await relay(t)
  const unknown = await relayCommand('tail', '-c', config, '--topic', 'nobody')
  assert.equal(unknown.status, 2)
  assert.match(unknown.stderr, /^error: --topic: there is no nobody; .*\nsee registry-relay tail --help\n$/)
  const none = await relayCommand('tail', '-c', config, '--set', `topics.events=${topic}.none`)
  assert.equal(none.status, 1)
  assert.match(
    none.stderr,
    /there is no topic .*\.none: create it with `registry-relay topics apply -c \/.*\.yaml --set .*`\n/,
  )
})
