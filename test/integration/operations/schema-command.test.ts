import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { changed, field, recordIn } from '../../unit/avro/schema-changes.ts'
import { relayCommand, textFile } from './relay-command.ts'

let stack: LocalStack

before(async () => {
  stack = await startLocalStack()
})

after(() => stack.stop())

interface Bed {
  readonly subjects: readonly string[]
  /** `registry-relay schema NAME -c CONFIG …`. */
  run(name: string, ...more: readonly string[]): ReturnType<typeof relayCommand>
  json(name: string, ...more: readonly string[]): Promise<{ status: number; answer: unknown }>
  /** The path of a schema file. */
  schema(text: string): string
}

/** Two topics of events of its own, and the commands on them. */
function bed(t: TestContext, url = stack.schemaRegistryUrl): Bed {
  const topics = ['events', 'pulls'].map((kind) => `${randomBytes(6).toString('hex')}.${kind}`)
  const text = `
kafka: { brokers: "127.0.0.1:1" }
schemaRegistry: { url: "${url}", timeoutMs: 5000 }
topics: { events: ${topics[0]}, routes: [{ topic: ${topics[1]}, actions: [pull] }] }
`
  const config = textFile(t, 'relay.yaml', text)
  const run: Bed['run'] = (name, ...more) => relayCommand('schema', name, '-c', config, ...more)
  return {
    subjects: topics.map((topic) => `${topic}-value`),
    run,
    async json(name, ...more) {
      const { status, stdout } = await run(name, ...more, '--json')
      return { status, answer: JSON.parse(stdout) }
    },
    schema: (schema) => textFile(t, 'event.avsc', schema),
  }
}

/** Of each subject in an answer of `check` or `register`, these members. */
function members(answer: unknown, ...names: readonly string[]): readonly (readonly unknown[])[] {
  const { subjects } = answer as { subjects: readonly Record<string, unknown>[] }
  return subjects.map((subject) => names.map((name) => subject[name]))
}

const stronger = changed((schema) => {
  schema.fields.push({ name: 'region', type: ['null', 'string'], default: null, doc: 'Where.' })
})
const broken = changed((schema) => {
  field(recordIn(field(schema, 'target')), 'size').type = ['null', 'string']
})
const shorter = changed((schema) => {
  schema.fields.splice(
    schema.fields.findIndex(({ name }) => name === 'redactions'),
    1,
  )
})

test('the schema is missing, is registered for every topic of events, and is then found there', async (t) => {
  const { subjects, run, json } = bed(t)
  const missing = await json('check')
  assert.equal(missing.status, 0)
  assert.deepEqual(members(missing.answer, 'subject', 'state'), [
    [subjects[0], 'compatible'],
    [subjects[1], 'compatible'],
  ])
  const nothing = await run('show')
  assert.deepEqual([nothing.status, nothing.stdout], [1, ''])
  assert.match(nothing.stderr, new RegExp(`subject ${subjects[0]} has no version in the schema registry`))

  const first = await json('register')
  assert.deepEqual([first.status, members(first.answer, 'outcome')], [0, [['registered'], ['registered']]])
  const second = await json('register')
  assert.deepEqual([second.status, members(second.answer, 'outcome')], [0, [['present'], ['present']]])
  assert.deepEqual(members(first.answer, 'registered'), members(second.answer, 'registered'))

  const there = await json('check')
  assert.deepEqual([there.status, members(there.answer, 'state')], [0, [['registered'], ['registered']]])
  assert.deepEqual(members(there.answer, 'registered'), members(first.answer, 'registered'))
  assert.match((await run('check')).stdout, /Registered under every subject\.\n$/)
})

test('a level is set only where it is asked for, and then a change that breaks readers is refused by field', async (t) => {
  const { run, json, schema } = bed(t)
  const registered = await json('register')
  // Nobody asked: it is the one for all subjects, or what Apicurio 2 says where none is set.
  for (const [level] of members(registered.answer, 'level')) assert.match(String(level), /^(BACKWARD|NONE)$/)
  const set = await json('register', '--set-compatibility', 'FULL_TRANSITIVE')
  assert.deepEqual(members(set.answer, 'level'), [['FULL_TRANSITIVE'], ['FULL_TRANSITIVE']])

  const file = schema(broken)
  const checked = await run('check', '--schema', file)
  assert.equal(checked.status, 1)
  assert.match(checked.stdout, /INCOMPATIBLE/)
  assert.match(checked.stdout, /target\.size: type was null or long, is null or string/)
  assert.match(checked.stdout, /would be refused, because\n {4}\S/)
  const refused = await json('register', '--schema', file)
  assert.deepEqual([refused.status, members(refused.answer, 'outcome')], [1, [['refused'], ['refused']]])
  for (const [reasons, changes] of members(refused.answer, 'reasons', 'changes')) {
    assert.ok((reasons as readonly string[]).length > 0)
    assert.deepEqual(
      (changes as readonly { at: string; kind: string }[]).map(({ at, kind }) => [at, kind]),
      [['target.size', 'retyped']],
    )
  }
  const { answer } = await json('show')
  assert.deepEqual(
    (answer as readonly { versions: unknown }[]).map(({ versions }) => versions),
    [[1], [1]],
  )
})

test('a field that is appended makes a new version, and the relay still finds its own', async (t) => {
  const { subjects, run, json, schema } = bed(t)
  await run('register', '--set-compatibility', 'FULL_TRANSITIVE')
  const file = schema(stronger)
  const checked = await run('check', '--schema', file)
  assert.equal(checked.status, 0)
  assert.match(checked.stdout, /region: added, null or string, default null/)
  assert.equal((await run('register', '--schema', file)).status, 0)

  const own = await json('check')
  assert.equal(own.status, 0)
  for (const [registered, latest] of members(own.answer, 'registered', 'latest')) {
    assert.equal((registered as { version: number }).version, 1)
    assert.equal((latest as { version: number }).version, 2)
  }
  const [, subject = ''] = subjects
  const shown = async (...more: readonly string[]): Promise<Record<string, unknown>> => {
    const { status, answer } = await json('show', ...more)
    assert.equal(status, 0)
    const [one, ...others] = answer as Record<string, unknown>[]
    assert.ok(one !== undefined)
    assert.deepEqual(others, [])
    return one
  }
  const latest = await shown('--subject', subject)
  assert.deepEqual([latest['version'], latest['ours']], [2, 'no'])
  const first = await shown('--subject', subject, '--version', '1')
  assert.deepEqual([first['fingerprint'], first['ours']], [registryEventSchema.fingerprint, 'yes'])
  assert.deepEqual(first['schema'], JSON.parse(registryEventSchema.text))
  assert.deepEqual((await shown('--id', String(first['id'])))['schema'], first['schema'])
  assert.equal((await run('show', '--subject', subject, '--version', '9')).status, 1)
})

test('a field that is removed passes every registry, and not the house rules, of check and register', async (t) => {
  const { run, json, schema } = bed(t)
  await run('register', '--set-compatibility', 'FULL_TRANSITIVE')
  const file = schema(shorter)
  const checked = await run('check', '--schema', file)
  assert.equal(checked.status, 1)
  assert.match(checked.stdout, /redactions was removed or renamed/)
  const asked = await run('check', '--schema', file, '--no-lint')
  assert.equal(asked.status, 0)
  assert.doesNotMatch(asked.stdout, /house rules/)
  const refused = await run('register', '--schema', file)
  assert.equal(refused.status, 1)
  assert.match(refused.stdout, /^REFUSED /m)
  assert.match(refused.stdout, /redactions was removed or renamed/)
  const versions = async () => {
    const { answer } = await json('show')
    return (answer as readonly { versions: unknown }[]).map((one) => one.versions)
  }
  assert.deepEqual(await versions(), [[1], [1]])
  assert.equal((await run('register', '--schema', file, '--no-lint')).status, 0)
  assert.deepEqual(await versions(), [
    [1, 2],
    [1, 2],
  ])
})

test('a registry that is away, and a URL of something else, are failures that say which', async (t) => {
  const away = await bed(t, 'http://127.0.0.1:1').run('check')
  assert.deepEqual([away.status, away.stdout], [1, ''])
  assert.match(away.stderr, /ECONNREFUSED 127\.0\.0\.1:1\nSCHEMA_REGISTRY_UNAVAILABLE: /)
  const [server = ''] = stack.schemaRegistryUrl.split('/apis')
  const elsewhere = await bed(t, `${server}/elsewhere`).run('register')
  assert.equal(elsewhere.status, 1)
  assert.match(elsewhere.stderr, /is the URL the one of a schema registry, path included\?/)
})
