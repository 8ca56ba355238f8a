import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import type { Event } from '../../../src/event/event.ts'
import { runTail, type TailOptions } from '../../../src/operations/tail.ts'
import type { TailedRecord } from '../../../src/operations/tail-record.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { ownDecoder, ScriptedTopics } from './tail-bed.ts'

const push = (repository: string, tag: string): Event => ({
  id: `${repository}:${tag}`,
  action: 'push',
  target: { mediaType: 'a/b', repository, tag },
})

const away = (): RelayError => new RelayError('KAFKA_UNAVAILABLE', 'nobody there')

/** A tail of `topics`, under way; what it showed and said. */
function start(topics: ScriptedTopics, options: Partial<TailOptions> = {}) {
  const shown: TailedRecord[] = []
  const said: string[] = []
  const clock = new ManualClock()
  const stopping = new AbortController()
  const ended = runTail({
    admin: topics,
    reader: topics,
    follower: topics,
    decoder: ownDecoder,
    topics: [...topics.partitions.keys()],
    from: { kind: 'earliest' },
    follow: true,
    wants: () => true,
    onRecord: (tailed) => {
      shown.push(tailed)
    },
    onStart: () => said.push('start'),
    onLive: () => said.push('live'),
    onAway: () => said.push('away'),
    onBack: () => said.push('back'),
    onAnew: (topic) => said.push(`anew ${topic}`),
    clock,
    signal: stopping.signal,
    ...options,
  })
  return { shown, said, clock, ended, stop: () => stopping.abort(), ids: () => shown.map(idOf) }
}

function idOf({ content }: TailedRecord): string {
  return content instanceof Error ? content.code : (content.event.id ?? '')
}

test('shows what is there, then what comes, until it is stopped, which is no failure', async () => {
  const topics = new ScriptedTopics({ a: 2 })
  topics.write(push('x', '1'), 'a', 0)
  topics.write(push('y', '1'), 'a', 1)
  const { ids, said, ended, stop } = start(topics)
  await until(() => ids().length === 2)
  topics.write(push('x', '2'), 'a', 0)
  await until(() => ids().length === 3)
  stop()
  await ended
  assert.deepEqual(ids(), ['x:1', 'y:1', 'x:2'])
  assert.deepEqual(said, ['start', 'live'])
})

test('from now on it shows nothing that is older than its start', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  topics.write(push('x', '1'), 'a')
  const { ids, said, ended, stop } = start(topics, { from: { kind: 'latest' } })
  await until(() => said.includes('live'))
  topics.write(push('x', '2'), 'a')
  await until(() => ids().length > 0)
  stop()
  await ended
  assert.deepEqual(ids(), ['x:2'])
})

test('without following it ends where the topics ended when it began', async () => {
  const topics = new ScriptedTopics({ a: 1, b: 1 })
  topics.write(push('x', '1'), 'a')
  topics.write(push('x', '2'), 'b')
  const { ids, ended } = start(topics, {
    follow: false,
    onStart: () => topics.write(push('x', 'later'), 'a'),
  })
  await ended
  assert.deepEqual(ids().toSorted(), ['x:1', 'x:2'])
})

test('a limit counts what was meant, over all topics, and ends the command', async () => {
  const topics = new ScriptedTopics({ a: 1, b: 1 })
  for (const tag of ['1', '2', '3', '4']) {
    topics.write(push('other', tag), 'a')
    topics.write(push('x', tag), 'a')
    topics.write(push('x', `b${tag}`), 'b')
  }
  const { ids, ended } = start(topics, { limit: 3, wants: ({ target }) => target?.repository === 'x' })
  await ended
  assert.equal(ids().length, 3)
  assert.equal(ids().includes('other:1'), false)
})

test('one partition alone is read from an offset, and one that is not there is a mistake', async () => {
  const topics = new ScriptedTopics({ a: 2 })
  for (const tag of ['0', '1', '2']) topics.write(push('x', tag), 'a', 1)
  topics.write(push('y', '0'), 'a', 0)
  const { ids, ended } = start(topics, {
    from: { kind: 'offset', offset: 1n },
    partition: 1,
    follow: false,
  })
  await ended
  assert.deepEqual(ids(), ['x:1', 'x:2'])
  await assert.rejects(start(topics, { partition: 2 }).ended, {
    code: 'KAFKA_CONFIGURATION',
    message: 'a has 2 partitions, from 0: there is no partition 2',
  })
})

test('what cannot be read is shown as such, filter or not, and what follows is shown', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  const { ids, said, ended, stop } = start(topics, { wants: ({ id }) => id === 'x:2' })
  await until(() => said.includes('live'))
  topics.write(push('x', '1'), 'a')
  const [written] = topics.records
  assert.ok(written)
  topics.writeRecord({ ...written, offset: 1n, value: Buffer.from('not a record') })
  topics.writeRecord({ ...written, offset: 2n, value: null })
  topics.write(push('x', '2'), 'a')
  await until(() => ids().length === 3)
  stop()
  await ended
  assert.deepEqual(ids(), ['RECORD_UNDECODABLE', 'RECORD_UNDECODABLE', 'x:2'])
})

test('while Kafka is away it says so once, and goes on behind the last record that was shown', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  topics.write(push('x', '1'), 'a')
  const { ids, said, clock, ended, stop } = start(topics)
  await until(() => ids().length === 1)
  topics.failures.push(away(), away())
  topics.interrupt(away())
  await until(() => said.includes('away') && clock.pending === 1)
  topics.write(push('x', '2'), 'a')
  // Two more tries find nobody.
  await clock.advance(3_000)
  await until(() => ids().length === 2)
  stop()
  await ended
  assert.deepEqual(ids(), ['x:1', 'x:2'])
  assert.deepEqual(said, ['start', 'live', 'away', 'back'])
})

test('a Kafka that is away at the start is waited for when following, and is a failure else', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  topics.failures.push(away())
  const { said, clock, ended, stop } = start(topics)
  await until(() => clock.pending === 1)
  assert.deepEqual(said, ['away'])
  await clock.advance(1_000)
  await until(() => said.includes('live'))
  assert.deepEqual(said, ['away', 'back', 'start', 'live'])
  stop()
  await ended
  topics.failures.push(away())
  await assert.rejects(start(topics, { follow: false }).ended, { code: 'KAFKA_UNAVAILABLE' })
})

test('partitions that a topic gets later are read from their beginning, the others not again', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  const { ids, said, ended, stop } = start(topics, { from: { kind: 'latest' } })
  await until(() => said.includes('live'))
  topics.write(push('x', '1'), 'a', 0)
  await until(() => ids().length === 1)
  topics.partitions.set('a', 2)
  topics.write(push('y', '1'), 'a', 1)
  await until(() => ids().length === 2)
  topics.write(push('y', '2'), 'a', 1)
  await until(() => ids().length === 3)
  stop()
  await ended
  assert.deepEqual(ids(), ['x:1', 'y:1', 'y:2'])
  assert.equal(topics.readings, 2)
})

test('a topic that was made anew is told, and goes on where the new one does after an outage too', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  for (const tag of ['1', '2', '3']) topics.write(push('x', tag), 'a')
  const { ids, said, clock, ended, stop } = start(topics)
  await until(() => ids().length === 3)
  topics.recreate('a')
  assert.deepEqual(said, ['start', 'live', 'anew a'])
  topics.interrupt(away())
  await until(() => clock.pending === 1)
  topics.write(push('x', 'new'), 'a')
  await clock.advance(1_000)
  await until(() => ids().length === 4)
  stop()
  await ended
  assert.equal(ids().at(-1), 'x:new')
})

test('many topics are no reason for a warning', async () => {
  const names = Array.from({ length: 12 }, (_, index) => [`t${index}`, 1])
  const topics = new ScriptedTopics(Object.fromEntries(names))
  const warnings: Error[] = []
  const onWarning = (warning: Error): number => warnings.push(warning)
  process.on('warning', onWarning)
  const { said, ended, stop } = start(topics)
  await until(() => said.includes('live'))
  stop()
  await ended
  // Warnings come a turn later.
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', onWarning)
  assert.deepEqual(warnings, [])
})

test('a topic that is not there ends it at once, and so does an output that fails', async () => {
  const topics = new ScriptedTopics({ a: 1 })
  await assert.rejects(start(topics, { topics: ['none'] }).ended, {
    code: 'KAFKA_CONFIGURATION',
    message: 'there is no topic none: create it with `registry-relay topics apply`',
  })
  topics.write(push('x', '1'), 'a')
  const failing = start(topics, {
    onRecord: () => {
      throw new Error('disk full')
    },
  })
  await assert.rejects(failing.ended, /disk full/)
})
