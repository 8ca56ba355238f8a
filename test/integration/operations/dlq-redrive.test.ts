import assert from 'node:assert/strict'
import { after, before, describe, type TestContext, test } from 'node:test'
import { systemClock, systemRandom } from '../../../src/clock.ts'
import { isRelayError } from '../../../src/errors.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { listDeadLetters } from '../../../src/operations/dead-letters.ts'
import type { DeadLetterFilter } from '../../../src/operations/dead-letters-filter.ts'
import { idText } from '../../../src/operations/dead-letters-id.ts'
import { planRedrive, type RedriveTo } from '../../../src/operations/dead-letters-plan.ts'
import {
  type RedriveOptions,
  type RedriveOutcome,
  redrive,
} from '../../../src/operations/dead-letters-redrive.ts'
import { showDeadLetter } from '../../../src/operations/dead-letters-show.ts'
import { RedriveTargets } from '../../../src/operations/dead-letters-targets.ts'
import { until } from '../../support/until.ts'
import { DlqBed, Endpoint, type Topics } from './dlq-bed.ts'

let bed: DlqBed

before(async () => {
  bed = await DlqBed.start()
})

after(() => bed.stop())

interface Putting {
  readonly urls: Readonly<Record<string, string>>
  readonly filter?: DeadLetterFilter
  readonly to?: RedriveTo
  readonly options?: Partial<RedriveOptions>
  readonly envelope?: 'original' | 'distribution-3'
}

/** Plans and does it; the outcomes in the order in which they came. Throws the reason of a refusal. */
async function putBack(topics: Topics, putting: Putting): Promise<readonly RedriveOutcome[]> {
  const { urls, filter = {}, to = { kind: 'endpoint' }, options = {}, envelope = 'original' } = putting
  const known = { endpoints: Object.keys(urls), topics: [topics.events] }
  const plan = await planRedrive(bed.where(topics), filter, to, known)
  if (plan.kind === 'refused') throw new Error(plan.reason)
  const targets = new RedriveTargets(to, {
    writer: bed.writer,
    decoder: bed.decoder,
    endpoints: Object.keys(urls).map((name) => ({ name, envelope })),
    openDeliverer: (name) => {
      const deliverer = new HttpDelivery({ url: urls[name] ?? '' })
      return { deliverer, close: () => deliverer.close() }
    },
  })
  const outcomes: RedriveOutcome[] = []
  await redrive(plan.letters, {
    topic: topics.deadLetters,
    reader: bed.reader,
    writer: bed.writer,
    target: (name) => targets.of(name),
    onOutcome: (outcome) => outcomes.push(outcome),
    clock: systemClock,
    random: systemRandom,
    ...options,
  }).finally(() => targets.close())
  return outcomes
}

async function twoRepositories(t: TestContext): Promise<{ topics: Topics; endpoint: Endpoint }> {
  const topics = await bed.topics()
  const endpoint = await Endpoint.listen(t)
  const sequences = [0, 1, 2, 3]
  await bed.bury(
    topics,
    sequences.flatMap((sequence) => ['team/a', 'team/b'].map((name) => bed.record(topics, name, sequence))),
  )
  return { topics, endpoint }
}

function results(outcomes: readonly RedriveOutcome[], repository: string): readonly string[] {
  return outcomes.filter(({ letter }) => letter.repository === repository).map(({ result }) => result)
}

describe('redriving to an endpoint', { concurrency: false }, () => {
  test('delivers in order per repository what was posted, under the same id, and a second redrive does nothing', async (t) => {
    const { topics, endpoint } = await twoRepositories(t)
    const outcomes = await putBack(topics, { urls: { hook: endpoint.url } })
    assert.ok(outcomes.every(({ result, to }) => result === 'redriven' && to === 'endpoint hook'))
    for (const name of ['team/a', 'team/b']) {
      assert.deepEqual(
        endpoint.ids.filter((id) => id.startsWith(name)),
        [0, 1, 2, 3].map((sequence) => `${name}#${sequence}`),
      )
    }
    const [post] = endpoint.posts.filter(({ id }) => id === 'team/a#2')
    assert.equal(post?.headers['webhook-id'], 'team/a#2')
    assert.match(post?.body ?? '', /^\{\n {3}"events": \[/)
    const records = await bed.recordsOf(topics.deadLetters)
    assert.equal(records.length, 16)
    assert.deepEqual(await putBack(topics, { urls: { hook: endpoint.url } }), [])
    assert.equal(endpoint.posts.length, 8)
    assert.equal((await bed.recordsOf(topics.deadLetters)).length, 16)
    const { letters } = await listDeadLetters(bed.where(topics), () => true)
    assert.ok(letters.every(({ fate }) => fate?.to === 'endpoint hook'))
  })

  test('after a failure in the middle the later ones of that repository are held back, and a further redrive goes on there', async (t) => {
    const { topics, endpoint } = await twoRepositories(t)
    endpoint.answer = ({ id }) => (id === 'team/a#1' ? 422 : 204)
    const outcomes = await putBack(topics, { urls: { hook: endpoint.url } })
    assert.deepEqual(results(outcomes, 'team/a'), ['redriven', 'still dead', 'held back', 'held back'])
    assert.deepEqual(results(outcomes, 'team/b'), ['redriven', 'redriven', 'redriven', 'redriven'])
    assert.equal(outcomes.find(({ error }) => error !== undefined)?.error?.code, 'DELIVERY_REFUSED')
    endpoint.answer = () => 204
    const again = await putBack(topics, { urls: { hook: endpoint.url } })
    assert.deepEqual(results(again, 'team/a'), ['redriven', 'redriven', 'redriven'])
    assert.deepEqual(
      endpoint.ids.filter((id) => id.startsWith('team/a')),
      [0, 1, 2, 3].map((sequence) => `team/a#${sequence}`),
    )
    assert.equal(endpoint.posts.length, 8)
  })

  test('what may pass is tried three times', async (t) => {
    const topics = await bed.topics()
    const endpoint = await Endpoint.listen(t)
    await bed.bury(topics, [bed.record(topics, 'team/a', 0), bed.record(topics, 'team/b', 0)])
    const attempts: string[] = []
    endpoint.answer = ({ id }) => {
      attempts.push(id)
      return id === 'team/b#0' || attempts.filter((one) => one === id).length < 3 ? 503 : 204
    }
    const outcomes = await putBack(topics, { urls: { hook: endpoint.url }, options: { random: () => 0 } })
    assert.deepEqual(results(outcomes, 'team/a'), ['redriven'])
    assert.deepEqual(results(outcomes, 'team/b'), ['still dead'])
    assert.equal(attempts.length, 6)
  })

  test('an endpoint that takes nothing gets ten and no more; the rest is not tried', async (t) => {
    const topics = await bed.topics()
    const endpoint = await Endpoint.listen(t)
    const names = Array.from({ length: 30 }, (_, index) => `team/${index}`)
    await bed.bury(
      topics,
      names.map((name) => bed.record(topics, name, 0)),
    )
    let refused = 0
    endpoint.answer = () => {
      refused++
      return 401
    }
    const outcomes = await putBack(topics, { urls: { hook: endpoint.url }, options: { concurrency: 1 } })
    assert.equal(refused, 10)
    assert.equal(outcomes.filter(({ result }) => result === 'still dead').length, 10)
    assert.equal(outcomes.filter(({ result }) => result === 'not tried').length, 20)
  })

  test('another endpoint gets them by name and in its own kind of Envelope; one that is not configured is an error before anything is sent', async (t) => {
    const { topics, endpoint } = await twoRepositories(t)
    await assert.rejects(
      putBack(topics, { urls: { other: endpoint.url } }),
      /would go to hook; the configuration has other: choose one with --to-endpoint/,
    )
    assert.equal(endpoint.posts.length, 0)
    const outcomes = await putBack(topics, {
      urls: { other: endpoint.url },
      to: { kind: 'endpoint', name: 'other' },
      filter: { repositories: ['*/a'] },
      envelope: 'distribution-3',
    })
    assert.ok(outcomes.every(({ to, result }) => to === 'endpoint other' && result === 'redriven'))
    assert.equal(outcomes.length, 4)
    assert.match(endpoint.posts[0]?.body ?? '', /"size": ?0|"length": ?0/)
  })

  test('a stop ends it after what is under way, whose fates are written; nothing is repeated by the next', async (t) => {
    const { topics, endpoint } = await twoRepositories(t)
    const stopping = new AbortController()
    endpoint.answer = () => {
      if (endpoint.posts.length === 1) stopping.abort(new Error('SIGINT'))
      return 204
    }
    const options = { signal: stopping.signal, concurrency: 2 }
    const outcomes = await putBack(topics, { urls: { hook: endpoint.url }, options })
    const redriven = outcomes.filter(({ result }) => result === 'redriven').length
    assert.equal(redriven, endpoint.posts.length)
    assert.ok(redriven < 8)
    assert.equal(outcomes.length, 8)
    assert.ok(outcomes.every(({ result }) => result === 'redriven' || result === 'not tried'))
    await putBack(topics, { urls: { hook: endpoint.url } })
    assert.equal(endpoint.posts.length, 8)
    assert.equal(new Set(endpoint.ids).size, 8)
  })
})

test('redriving to the topic appends the record byte for byte, with the headers that it had before', async () => {
  const topics = await bed.topics()
  const own = new Map([
    ['x-several', [Buffer.from('1'), Buffer.from([0xff, 0])]],
    ['__connect.errors.topic', [Buffer.from('of an earlier life')]],
  ])
  const event = { ...bed.record(topics, 'team/a', 0), headers: own }
  const poison = { ...event, value: Buffer.from([1, 2, 3]), key: null }
  await bed.bury(topics, [event, poison], {
    stage: 'decode',
    code: 'RECORD_UNDECODABLE',
    lastStatus: undefined,
  })
  const outcomes = await putBack(topics, { urls: {}, to: { kind: 'topic' } })
  assert.deepEqual(
    outcomes.map(({ result, to }) => `${result} to ${to}`),
    [1, 2].map(() => `redriven to topic ${topics.events}`),
  )
  const there = await bed.recordsOf(topics.events)
  for (const { key, value } of [event, poison]) {
    const found = there.find((record) => record.value?.equals(value ?? Buffer.alloc(0)))
    assert.deepEqual(found?.key, key)
    assert.deepEqual(found?.headers, own)
  }
  assert.deepEqual(await putBack(topics, { urls: {}, to: { kind: 'topic' } }), [])
  assert.equal((await bed.recordsOf(topics.events)).length, 2)
})

test('a topic to redrive to must exist, and not be that of dead letters', async () => {
  const topics = await bed.topics()
  await bed.bury(topics, [bed.record(topics, 'team/a', 0)])
  const to = (name: string): Promise<unknown> => putBack(topics, { urls: {}, to: { kind: 'topic', name } })
  await assert.rejects(to(`${topics.events}-none`), (error) => isRelayError(error, 'KAFKA_CONFIGURATION'))
  await assert.rejects(to(topics.deadLetters), /--to-topic: dead letters lie already in/)
  assert.equal((await bed.recordsOf(topics.deadLetters)).length, 1)
})

test('listing tells letters, fates and other records apart, and meets what every filter meets', async () => {
  const topics = await bed.topics()
  const where = bed.where(topics)
  await bed.bury(topics, [bed.record(topics, 'team/a', 7)])
  await bed.bury(topics, [bed.record(topics, 'other', 8)], { code: 'DELIVERY_FAILED' }, 'audit')
  await bed.writer.write({
    topic: topics.deadLetters,
    key: null,
    value: Buffer.from('x'),
    headers: new Map(),
  })
  const { letters, others } = await listDeadLetters(where, () => true)
  assert.equal(others, 1)
  const [first, second] = letters
  assert.deepEqual(
    { ...first, id: undefined, at: undefined },
    {
      id: undefined,
      at: undefined,
      key: 'team/a',
      repository: 'team/a',
      endpoint: 'hook',
      group: 'relay.hook',
      code: 'DELIVERY_REFUSED',
      message: 'the endpoint answered 422',
      stage: 'deliver',
      attempts: 2,
      firstFailureAt: 1_700_000_001_000,
      lastFailureAt: 1_700_000_002_000,
      lastStatus: 422,
      source: { topic: topics.events, partition: 1, offset: 7n, timestamp: 1_700_000_000_123 },
      fate: undefined,
    },
  )
  assert.equal(second?.endpoint, 'audit')
})

test('listing since a time reads no partition from its beginning, and leaves out nothing of then', async () => {
  const topics = await bed.topics(1)
  await bed.bury(topics, [bed.record(topics, 'team/a', 1)])
  const [first] = (await listDeadLetters(bed.where(topics), () => true)).letters
  await until(() => Date.now() > (first?.at ?? 0))
  await bed.bury(topics, [bed.record(topics, 'team/a', 2), bed.record(topics, 'team/b', 3)])
  const since = (first?.at ?? 0) + 1
  const outcomes = await putBack(topics, {
    urls: {},
    to: { kind: 'topic' },
    filter: { since, repositories: ['team/a'] },
  })
  assert.deepEqual(
    outcomes.map(({ letter }) => letter.source.offset),
    [2n],
  )
  const { letters } = await listDeadLetters(bed.where(topics), () => true, since)
  assert.deepEqual(
    letters.map(({ source, fate }) => [source.offset, fate?.to]),
    [
      [2n, `topic ${topics.events}`],
      [3n, undefined],
    ],
  )
  const none = await listDeadLetters(bed.where(topics), () => true, Date.now() + 3_600_000)
  assert.deepEqual(none, { letters: [], others: 0, endpoints: new Set() })
})

test('showing gives the Envelope as it was received, or why its bytes cannot be read', async () => {
  const topics = await bed.topics()
  const where = bed.where(topics)
  const good = bed.record(topics, 'team/a', 0)
  await bed.bury(topics, [good, { ...good, value: Buffer.from('no event') }])
  const { letters } = await listDeadLetters(where, () => true)
  const [first, second] = letters.map(({ id }) => id)
  assert.ok(first !== undefined && second !== undefined)
  const shown = await showDeadLetter(where, bed.decoder, first)
  assert.ok(shown !== undefined && !(shown.content instanceof Error))
  assert.match(shown.content.body, /"id": "team\/a#0"/)
  assert.deepEqual(shown.record.value, good.value)
  const unreadable = await showDeadLetter(where, bed.decoder, second)
  assert.ok(isRelayError(unreadable?.content, 'RECORD_UNDECODABLE'))
  assert.equal(await showDeadLetter(where, bed.decoder, { partition: 0, offset: 99n }), undefined)
  assert.equal(await showDeadLetter(where, bed.decoder, { partition: 99, offset: 0n }), undefined)
  assert.equal(idText(first), `${first.partition}@${first.offset}`)
})

test('a topic of dead letters that is missing is named by whoever writes to it, with what to do', async () => {
  const deadLetters = `nowhere-${process.pid}`
  const topics = { events: 'e', deadLetters }
  await assert.rejects(bed.bury(topics, [bed.record(topics, 'team/a', 0)]), (error) => {
    assert.ok(isRelayError(error, 'KAFKA_CONFIGURATION'))
    assert.match(error.message, new RegExp(`${deadLetters}.*topics apply`))
    return true
  })
})
