import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { applyTopics } from '../../../src/app/compose.ts'
import { withSchemaRegistry } from '../../../src/app/schema-registry.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { Config } from '../../../src/config/config.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import type { Seen } from '../../../src/operations/doctor/check.ts'
import { registerSubjects } from '../../../src/operations/register-schema.ts'
import { subjectsOf } from '../../../src/operations/schema-subjects.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { doctorConfig, examine, privateFolder } from './doctor-bed.ts'
import { relayCommand, textFile } from './relay-command.ts'

let stack: LocalStack
let receiver: Server
const methods: string[] = []

before(async () => {
  stack = await startLocalStack()
  receiver = createServer((request, response) => {
    methods.push(`${request.method} ${request.headers.authorization ?? 'without credentials'}`)
    response.writeHead(405).end()
  })
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
})

after(async () => {
  receiver.close()
  await stack.stop()
})

const terms = (): { brokers: readonly string[]; registry: string } => ({
  brokers: stack.brokers,
  registry: stack.schemaRegistryUrl,
})
const receiverUrl = (): string =>
  `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook?token=canary`

const bridgeTo = (url: string): object => ({
  endpoints: [{ name: 'audit', url, headers: { Authorization: 'canary' } }],
})

function registerSchema(config: Config): Promise<unknown> {
  return withSchemaRegistry(config.schemaRegistry, (client) =>
    registerSubjects(client, registryEventSchema, subjectsOf(config, registryEventSchema.name), {
      level: undefined,
      lint: true,
    }),
  )
}

test('where all is well nothing is wrong, no event is posted, and no file is left behind', async (t) => {
  const folder = privateFolder(t)
  const config = doctorConfig(terms(), {
    gateway: { port: 0 },
    spool: { folder },
    bridge: bridgeTo(receiverUrl()),
  })
  await applyTopics(config, noTelemetry)
  await registerSchema(config)
  methods.length = 0
  const { results, states, lines } = await examine(config)

  const wrong = results.flatMap(({ seen, because }) => [
    ...seen.filter(({ state }) => state === 'error'),
    ...(because === undefined ? [] : [because]),
  ])
  assert.deepEqual(wrong, [])
  assert.equal(states['cluster'], 'ok')
  assert.match(
    String(lines('rights')[0]?.text),
    /^may write to .*\.events, .*\.rejected, .*\.dlq; read .*\.events/,
  )
  assert.match(String(lines('schema')[0]?.text), /registered as version 1/)
  assert.match(String(lines('endpoint audit')[0]?.text), /answers 405 to HEAD$/)
  assert.equal(states['clock'], 'ok')
  assert.deepEqual(methods, ['HEAD without credentials'])
  assert.ok(!JSON.stringify(results).includes('canary'))
  assert.deepEqual(readdirSync(folder), [])
})

test('with the brokers away the cause is said once, and the other parts are looked at all the same', async () => {
  const config = doctorConfig({ ...terms(), brokers: ['127.0.0.1:1'] }, { bridge: bridgeTo(receiverUrl()) })
  const { results, states, lines } = await examine(config)
  assert.match(String(lines('brokers')[0]?.text), /^127\.0\.0\.1:1: no connection \(ECONNREFUSED\)/)
  for (const name of ['cluster', 'advertised listeners', 'topics', 'rights']) {
    assert.equal(results.find((one) => one.name === name)?.because, 'no broker can be reached')
  }
  assert.equal(states['schema registry'], 'ok')
  assert.equal(states['endpoint audit'], 'ok')
})

test('of two brokers one that is away is a warning, and the work goes on with the other', async () => {
  const config = doctorConfig({ ...terms(), brokers: ['127.0.0.1:1', ...stack.brokers] })
  const { states } = await examine(config, ['rights'])
  assert.equal(states['brokers'], 'warning')
  assert.equal(states['cluster'], 'ok')
})

test('topics that are missing are one line with the command that creates them', async () => {
  const config = doctorConfig(terms())
  const { events, deadLetters, rejected } = config.topics
  const { lines } = await examine(config, ['topics'])
  const [seen] = lines('topics')
  assert.equal(seen?.state, 'error')
  assert.ok(seen?.text.startsWith(`missing: ${events}, ${deadLetters}, ${rejected};`))
  assert.equal(seen?.todo, 'registry-relay topics apply -c relay.yaml')
})

test('a gateway does not need the topic of dead letters, and a bridge not that of what is rejected', async () => {
  const config = doctorConfig(terms())
  const of = async (gateway: boolean): Promise<string> =>
    String((await examine(config, ['topics'], { gateway, bridge: !gateway })).lines('topics')[0]?.text)
  assert.ok(!(await of(true)).includes(config.topics.deadLetters))
  assert.ok(!(await of(false)).includes(config.topics.rejected))
})

test('a dangerous setting of a topic comes with the command that puts it right', async () => {
  const config = doctorConfig(terms())
  await applyTopics(config, noTelemetry)
  const admin = new kafkajs.Kafka({ brokers: [...stack.brokers], logLevel: 0 }).admin()
  await admin.connect()
  const { events } = config.topics
  await admin.alterConfigs({
    validateOnly: false,
    resources: [
      {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: events,
        configEntries: [{ name: 'cleanup.policy', value: 'compact' }],
      },
    ],
  })
  await admin.disconnect()
  let seen: Seen | undefined
  // The broker that is asked hears of it a moment later.
  await until(async () => {
    seen = (await examine(config, ['topics'])).lines('topics').find(({ state }) => state === 'error')
    return seen !== undefined
  })
  assert.match(String(seen?.text), /cleanup\.policy is compact, wanted delete/)
  assert.match(
    String(seen?.todo),
    new RegExp(`--alter --topic ${events} --add-config cleanup\\.policy=delete`),
  )
})

test('a schema that nobody registered, and one that the subject refuses, are errors', async () => {
  const config = doctorConfig(terms())
  const { events } = config.topics
  const missing = (await examine(config, ['schema'])).lines('schema')[0]
  assert.match(String(missing?.text), /not registered, and schemaRegistry\.mode is lookup/)
  assert.equal(missing?.todo, 'registry-relay schema register -c relay.yaml')
  const registering = doctorConfig(terms(), {
    schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register' },
  })
  assert.equal((await examine(registering, ['schema'])).states['schema'], 'note')

  const other = { type: 'record', name: 'Other', fields: [{ name: 'a', type: 'string' }] }
  const answer = await fetch(`${stack.schemaRegistryUrl}/subjects/${events}-value/versions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ schema: JSON.stringify(other) }),
  })
  assert.equal(answer.status, 200)
  const level = await fetch(`${stack.schemaRegistryUrl}/config/${events}-value`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ compatibility: 'FULL' }),
  })
  assert.equal(level.status, 200)
  const refused = (await examine(config, ['schema'])).lines('schema')[0]
  assert.equal(refused?.state, 'error')
  assert.match(String(refused?.text), /would refuse the schema \(level FULL\)/)
})

test('the command prints what to do, ends with 1, and its JSON has every line', async (t) => {
  const text = `
kafka: { brokers: "127.0.0.1:1" }
schemaRegistry: { url: "${stack.schemaRegistryUrl}" }
topics: { events: ${randomBytes(6).toString('hex')}.events, replicationFactor: 1 }
`
  const file = textFile(t, 'relay.yaml', text)
  const { status, stdout, stderr } = await relayCommand('doctor', '-c', file, '--only', 'kafka,topics')
  assert.deepEqual([status, stderr], [1, ''])
  assert.match(stdout, /^kafka\n {2}ERROR {4}127\.0\.0\.1:1: no connection.*\n {11}→ start the server/)
  assert.match(stdout, /\ntopics {2}skipped: no broker can be reached\n/)
  assert.match(stdout, /\n1 error; what needs that was skipped: see "→" above\n$/)
  const json = await relayCommand('doctor', '-c', file, '--only', 'schema', '--json')
  const { ok, errors, checks } = JSON.parse(json.stdout)
  assert.deepEqual([json.status, ok, errors], [1, false, 1])
  assert.deepEqual(
    checks.map(({ name }: { name: string }) => name),
    ['schema registry', 'schema'],
  )
})

test('a wrong configuration ends with 78 and every finding, a wrong part with 2', async (t) => {
  const file = textFile(t, 'relay.yaml', 'kafka: { brokers: "k:9092", colour: red }\nbrige: {}\n')
  const wrong = await relayCommand('doctor', '-c', file)
  assert.equal(wrong.status, 78)
  assert.match(wrong.stdout, /^config\n {2}ERROR/)
  assert.match(wrong.stdout, /colour/)
  assert.match(wrong.stdout, /brige/)
  const part = await relayCommand('doctor', '-c', file, '--only', 'coffee')
  assert.equal(part.status, 2)
  assert.match(part.stderr, /no part 'coffee'/)
})
