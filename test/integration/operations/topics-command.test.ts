import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { relayCommand, textFile } from './relay-command.ts'

let stack: LocalStack

before(async () => {
  stack = await startLocalStack()
})

after(() => stack.stop())

/** Topics of its own in a file of configuration. */
function configText(brokers: string, topics: string = ''): { text: string; name: string } {
  const name = randomBytes(6).toString('hex')
  const text = `
kafka: { brokers: "${brokers}" }
schemaRegistry: { url: "http://127.0.0.1:1" }
topics:
  events: ${name}.events
  deadLetters: ${name}.dlq
  rejected: ${name}.rejected
  replicationFactor: 1
  routes: [{ topic: ${name}.pulls, actions: [pull] }]
  ${topics}
`
  return { text, name }
}

test('plan asks for what is missing, apply creates it, and then nothing is left to do', async (t) => {
  const { text, name } = configText(stack.brokers.join(','))
  const config = textFile(t, 'relay.yaml', text)
  const before = await relayCommand('topics', 'plan', '-c', config)
  assert.equal(before.status, 1)
  assert.match(before.stdout, new RegExp(`^${name}\\.pulls +12 +1 +missing$`, 'm'))
  assert.ok(before.stdout.includes(`4 topics missing: \`registry-relay topics apply -c ${config}\` creates`))
  assert.equal(before.stderr, '')

  const applied = await relayCommand('topics', 'apply', '-c', config, '--json')
  assert.equal(applied.status, 0)
  const names = ['events', 'pulls', 'dlq', 'rejected'].map((kind) => `${name}.${kind}`)
  assert.deepEqual(JSON.parse(applied.stdout), { created: names, existing: [], findings: [] })

  const done = await relayCommand('topics', 'plan', '-c', config)
  assert.equal(done.status, 0)
  assert.match(done.stdout, /All topics are as wanted\.\n$/)
  const again = await relayCommand('topics', 'apply', '-c', config)
  assert.equal(again.status, 0)
  assert.match(again.stdout, new RegExp(`^exists +${name}\\.events +as wanted$`, 'm'))
})

test('what is dangerous makes plan fail, apply alters none of it, and programs get every finding', async (t) => {
  const { text, name } = configText(stack.brokers.join(','), 'partitions: 6')
  assert.equal((await relayCommand('topics', 'apply', '-c', textFile(t, 'relay.yaml', text))).status, 0)
  const fewer = textFile(t, 'relay.yaml', text.replace('partitions: 6', 'partitions: 4'))
  assert.equal((await relayCommand('topics', 'apply', '-c', fewer)).status, 0)
  const plan = await relayCommand('topics', 'plan', '-c', fewer, '--json')
  assert.equal(plan.status, 1)
  const { brokers, asWanted, topics } = JSON.parse(plan.stdout)
  assert.deepEqual([brokers, asWanted, topics.length], [1, false, 4])
  assert.deepEqual(topics[0].found, { partitions: 6, replicationFactor: 1 })
  const { topic, setting, found, wanted, severity } = topics[0].findings[0]
  assert.deepEqual(
    [topic, setting, found, wanted, severity],
    [`${name}.events`, 'partitions', '6', '4', 'danger'],
  )
})

test('more copies than brokers that answer fail with both numbers before anything is created, as it may pass', async (t) => {
  const { text } = configText(stack.brokers.join(','))
  const config = textFile(t, 'relay.yaml', text.replace('replicationFactor: 1', 'replicationFactor: 3'))
  const { status, stderr } = await relayCommand('topics', 'apply', '-c', config)
  assert.equal(status, 1)
  assert.match(
    stderr,
    /cannot be created with 3 copies \(topics\.replicationFactor\), brokers that answer: 1;.*\nKAFKA_UNAVAILABLE: /,
  )
  assert.match(
    (await relayCommand('topics', 'plan', '-c', config)).stdout,
    /4 topics missing: they cannot be/,
  )
})

test('of two topics whose names are one to Kafka, plan warns and apply names the one that was refused', async (t) => {
  const { text, name } = configText(stack.brokers.join(','))
  assert.equal((await relayCommand('topics', 'apply', '-c', textFile(t, 'relay.yaml', text))).status, 0)
  const config = textFile(t, 'relay.yaml', text.replace(`${name}.pulls`, `${name}_events`))
  const plan = await relayCommand('topics', 'plan', '-c', config)
  assert.match(plan.stdout, new RegExp(`Note: ${name}\\.events and ${name}_events differ only by \\. and _`))
  const { status, stderr } = await relayCommand('topics', 'apply', '-c', config)
  assert.equal(status, 1)
  assert.match(stderr, new RegExp(`^creating topics: ${name}_events: .*differs only by \\. and _\\n`))
})

test('with no Kafka there the command says so and fails', async (t) => {
  const config = textFile(t, 'relay.yaml', configText('127.0.0.1:1').text)
  const { status, stdout, stderr } = await relayCommand('topics', 'plan', '-c', config)
  assert.deepEqual([status, stdout], [1, ''])
  // On a machine that is slow it first says that it waits.
  assert.match(
    stderr,
    /^(waiting for Kafka at 127\.0\.0\.1:1 …\n)?looking at topics: .*ECONNREFUSED 127\.0\.0\.1:1\nKAFKA_UNAVAILABLE: .*\n$/,
  )
})
