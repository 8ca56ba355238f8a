import assert from 'node:assert/strict'
import { after, before, mock, type TestContext, test } from 'node:test'
import { Command, CommanderError } from 'commander'
import { addDlqCommand } from '../../../src/cli/dlq-command.ts'
import { exitCode, reportFailure } from '../../../src/cli/failure.ts'
import { until } from '../../support/until.ts'
import { DlqBed, Endpoint, type Topics } from './dlq-bed.ts'
import { startRelay, textFile } from './relay-command.ts'

let bed: DlqBed

before(async () => {
  bed = await DlqBed.start()
})

after(() => bed.stop())

interface End {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** `registry-relay dlq` in this process, to its end. */
async function dlq(...parameters: readonly string[]): Promise<End> {
  const lines = { out: [] as string[], err: [] as string[] }
  const out = mock.method(console, 'log', (text: string) => lines.out.push(text))
  const err = mock.method(console, 'error', (text: string) => lines.err.push(text))
  let status = -1
  const program = new Command('registry-relay').exitOverride().configureOutput({
    writeOut: (text) => lines.out.push(text),
    writeErr: (text) => lines.err.push(text),
  })
  addDlqCommand(program, (code) => {
    status = code
  })
  try {
    await program.parseAsync(['dlq', ...parameters], { from: 'user' })
  } catch (error) {
    if (error instanceof CommanderError) status = error.exitCode === 0 ? exitCode.success : exitCode.usage
    else status = reportFailure(error)
  } finally {
    out.mock.restore()
    err.mock.restore()
  }
  return { status, stdout: lines.out.join('\n'), stderr: lines.err.join('\n') }
}

function configFile(t: TestContext, { events, deadLetters }: Topics, url: string): string {
  return textFile(
    t,
    'relay.yaml',
    `
kafka: { brokers: "${bed.stack.brokers.join(',')}" }
schemaRegistry: { url: "${bed.stack.schemaRegistryUrl}" }
topics: { events: ${events}, deadLetters: ${deadLetters}, replicationFactor: 1 }
bridge: { group: ${events}, endpoints: [{ name: hook, url: "${url}" }] }
`,
  )
}

test('list, dry run, redrive and list again: each says what there is, and the dry run writes nothing', async (t) => {
  const topics = await bed.topics()
  const endpoint = await Endpoint.listen(t)
  const config = configFile(t, topics, endpoint.url)
  await bed.bury(topics, [bed.record(topics, 'team/a', 0), bed.record(topics, 'team/b', 0)])
  await bed.bury(topics, [{ ...bed.record(topics, 'team/c', 0), value: Buffer.from('poison') }], {
    code: 'RECORD_UNDECODABLE',
    stage: 'decode',
    lastStatus: undefined,
  })
  const list = await dlq('list', '-c', config)
  assert.equal(list.status, 0)
  assert.match(list.stdout, /^\d@\d +\S+ +hook +team\/a +DELIVERY_REFUSED +422 +2 +open$/m)
  assert.match(list.stdout, /3 open in .*\n {2}DELIVERY_REFUSED {4}2\n {2}RECORD_UNDECODABLE {2}1$/)

  const dry = await dlq('redrive', '-c', config, '--reason', 'DELIVERY_REFUSED', '--dry-run')
  assert.equal(dry.status, 0)
  assert.match(dry.stdout, /2 dead letters would be redriven; nothing was done/)
  assert.equal(endpoint.posts.length, 0)
  assert.equal((await bed.recordsOf(topics.deadLetters)).length, 3)

  const some = await dlq('redrive', '-c', config, '--all-open')
  assert.equal(some.status, 1)
  assert.match(
    some.stdout,
    /^2 redriven to endpoint hook, 1 still dead\.\n\nStill dead \(see registry-relay dlq list -c \S+relay\.yaml\):\n {2}\d@\d +team\/c +RECORD_UNDECODABLE/,
  )
  assert.deepEqual(endpoint.ids.toSorted(), ['team/a#0', 'team/b#0'])

  const nothing = await dlq('redrive', '-c', config, '--repository', 'team/a')
  assert.deepEqual([nothing.status, nothing.stdout], [0, 'Nothing to redrive.'])
  const left = await dlq('list', '-c', config, '--json')
  assert.deepEqual(
    left.stdout.split('\n').map((line) => JSON.parse(line).repository),
    ['team/c'],
  )
  const all = await dlq('list', '-c', config, '--all', '--json', '--since', '1h')
  assert.equal(all.stdout.split('\n').length, 3)
  assert.equal((await dlq('list', '-c', config, '--until', '1h', '--json')).stdout, '')
})

test('letters that are not there or were redriven, and endpoints that nobody knows, are named', async (t) => {
  const topics = await bed.topics(1)
  const endpoint = await Endpoint.listen(t)
  const config = configFile(t, topics, endpoint.url)
  await bed.bury(topics, [bed.record(topics, 'team/a', 0), bed.record(topics, 'team/b', 0)])
  const some = await dlq('redrive', '0@0', '0@999', '-c', config)
  assert.deepEqual(
    [some.status, some.stdout, some.stderr],
    [1, '1 redriven to endpoint hook.', `there is no dead letter at 0@999 of ${topics.deadLetters}`],
  )
  const again = await dlq('redrive', '0@0', '-c', config)
  assert.deepEqual([again.status, again.stdout], [0, 'Nothing to redrive.'])
  assert.match(again.stderr, /^0@0 was redriven to endpoint hook at \d{4}-\d\d-\d\dT\S+Z$/)
  assert.equal((await dlq('redrive', '0@999', '--dry-run', '-c', config)).status, 1)
  assert.equal(endpoint.posts.length, 1)
  const nobody = await dlq('list', '--endpoint', 'nobody', '-c', config)
  assert.deepEqual(
    [nobody.status, nobody.stderr],
    [0, 'no dead letter is of an endpoint nobody, and the configuration has hook'],
  )
})

test('interrupted, a redrive says that it ends what is under way, and leaves the rest as it was', async (t) => {
  const topics = await bed.topics(1)
  const endpoint = await Endpoint.listen(t)
  let answer: (status: number) => void = () => {}
  let asked = 0
  endpoint.answer = () => {
    asked++
    return new Promise((resolve) => {
      answer = resolve
    })
  }
  const config = configFile(t, topics, endpoint.url)
  await bed.bury(topics, [bed.record(topics, 'team/a', 0), bed.record(topics, 'team/a', 1)])
  const { child, end } = startRelay('dlq', 'redrive', '--all-open', '-c', config)
  t.after(() => child.kill('SIGKILL'))
  await until(() => asked === 1)
  let stderr = ''
  child.stderr?.on('data', (text) => {
    stderr += text
  })
  child.kill('SIGINT')
  await until(() => stderr.includes('ends after what is under way; press again to end now\n'))
  answer(204)
  const { status, stdout } = await end
  assert.deepEqual([status, stdout], [1, '1 redriven to endpoint hook, 1 not tried.\n'])
  assert.deepEqual(endpoint.ids, ['team/a#0'])
})

test('show prints the Envelope, and hex of what cannot be read; what is not there is an error', async (t) => {
  const topics = await bed.topics(1)
  const config = configFile(t, topics, 'http://127.0.0.1:1/')
  const good = bed.record(topics, 'team/a', 0)
  await bed.bury(topics, [good, { ...good, value: Buffer.from('poison') }])
  const shown = await dlq('show', '0@0', '-c', config)
  assert.equal(shown.status, 0)
  assert.match(shown.stdout, /^Dead letter 0@0 of .*\n {2}written/)
  assert.match(shown.stdout, /"id": "team\/a#0"/)
  assert.match(
    (await dlq('show', '0@1', '-c', config)).stdout,
    /cannot be read \(RECORD_UNDECODABLE.*6 bytes\n {2}706f69736f6e/,
  )
  const { envelope, valueHex } = JSON.parse((await dlq('show', '0@0', '-c', config, '--json')).stdout)
  assert.equal(JSON.parse(envelope).events[0].id, 'team/a#0')
  assert.equal(valueHex, undefined)
  const missing = await dlq('show', '0@7', '-c', config)
  assert.deepEqual(
    [missing.status, missing.stderr],
    [1, `there is no dead letter at 0@7 of ${topics.deadLetters}`],
  )
})

test('a redrive whose words nobody reads sends every letter all the same', async (t) => {
  const topics = await bed.topics()
  const endpoint = await Endpoint.listen(t)
  const config = configFile(t, topics, endpoint.url)
  const repositories = Array.from({ length: 20 }, (_, number) => `team/${number}`)
  await bed.bury(
    topics,
    repositories.map((repository) => bed.record(topics, repository, 0)),
  )
  const { child, end } = startRelay('dlq', 'redrive', '--all-open', '--json', '-c', config)
  child.stdout?.destroy()
  const { status, stderr } = await end
  assert.deepEqual([status, stderr], [0, ''])
  assert.equal(endpoint.posts.length, repositories.length)
})

test('a redrive must say which ones, and options that make no sense are refused', async (t) => {
  const config = configFile(t, { events: 'e', deadLetters: `none-${process.pid}` }, 'http://127.0.0.1:1/')
  for (const wrong of [
    ['redrive'],
    ['redrive', '--rate', '0', '--all-open'],
    ['redrive', '--to-endpoint', 'hook', '--to-topic', '--all-open'],
    ['redrive', 'nonsense'],
    ['list', '--since', 'yesterday'],
    ['list', '--reason', 'NO_SUCH_CODE'],
    ['list', '--since', '1h', '--until', '2h'],
    ['redrive', '--all-open', '--since', '1h', '--until', '2h'],
  ]) {
    const { status, stderr } = await dlq(...wrong, '-c', config)
    assert.equal(status, 2, wrong.join(' '))
    assert.match(stderr, /error:/)
  }
  const unknown = await dlq('redrive', '--all-open', '--to-endpoint', 'nobody', '-c', config)
  assert.deepEqual(
    [unknown.status, unknown.stdout, unknown.stderr],
    [
      2,
      '',
      'error: --to-endpoint: there is no nobody; the configuration has hook\nsee registry-relay dlq redrive --help',
    ],
  )
  const circle = await dlq('redrive', '--all-open', '--to-topic', `none-${process.pid}`, '-c', config)
  assert.equal(circle.status, 2)
  assert.match(
    circle.stderr,
    /^error: --to-topic: dead letters lie already in none-\d+; the configuration has e\nsee /,
  )
  const missing = await dlq('list', '-c', config)
  assert.equal(missing.status, 1)
  assert.match(missing.stderr, /there is no topic none-.*topics apply/)
})
