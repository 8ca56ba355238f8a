import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { planRedrive } from '../../../src/operations/dead-letters-plan.ts'
import {
  type RedriveOptions,
  type RedriveOutcome,
  redrive,
} from '../../../src/operations/dead-letters-redrive.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { LetterTopic } from './letter-topic.ts'

class RedriveBed {
  readonly topic = new LetterTopic()
  readonly clock = new ManualClock()
  readonly sent: string[] = []
  readonly outcomes: RedriveOutcome[] = []

  constructor(repositories: readonly string[]) {
    for (const repository of repositories) this.topic.letter({ repository })
  }

  async run(options: Partial<RedriveOptions> = {}): Promise<void> {
    const known = { endpoints: ['hook'], topics: [] }
    const plan = await planRedrive(this.topic.where, {}, { kind: 'endpoint' }, known)
    await redrive(plan.kind === 'planned' ? plan.letters : [], {
      topic: 'dead',
      reader: this.topic.where.reader,
      writer: this.topic,
      target: () => ({
        name: 'endpoint hook',
        send: async ({ repository }) => this.sent.push(repository),
      }),
      onOutcome: (outcome) => this.outcomes.push(outcome),
      clock: this.clock,
      random: () => 0.5,
      ...options,
    })
  }

  get results(): readonly string[] {
    return this.outcomes.map(({ letter, result }) => `${letter.repository} ${result}`)
  }
}

const away = new RelayError('KAFKA_UNAVAILABLE', 'not written to topic dead: no broker')

test('fates that cannot be written end it, and the error names each letter that is sent again', async () => {
  const bed = new RedriveBed(['a', 'b', 'c', 'a', 'd'])
  bed.topic.beforeWrite = ({ key }) => {
    if (key?.toString() !== 'b') throw away
  }
  const ended = assert.rejects(bed.run({ concurrency: 3 }), (error) => {
    assert.ok(isRelayError(error, 'KAFKA_UNAVAILABLE'))
    assert.match(
      error.message,
      /^redriven, but that could not be written down: 0@0, 0@2, 0@4\. The next redrive/,
    )
    assert.match(error.message, /no broker$/)
    assert.deepEqual(error.facts['letters'], ['0@0', '0@2', '0@4'])
    return true
  })
  await bed.clock.advance(2_000)
  await ended
  assert.deepEqual(bed.results, ['b redriven'])

  bed.topic.beforeWrite = () => {}
  bed.sent.length = 0
  await bed.run()
  assert.deepEqual(bed.sent.toSorted(), ['a', 'a', 'c', 'd'])
})

test('after a fate that could not be written, nothing that waits for its turn is sent', async () => {
  const bed = new RedriveBed(['a', 'b', 'c'])
  bed.topic.beforeWrite = () => {
    throw new RelayError('KAFKA_CONFIGURATION', 'not written to topic dead: Grant this user WRITE')
  }
  const ended = assert.rejects(bed.run({ perSecond: 0.1 }), /0@0\. The next .* Grant this user WRITE$/)
  await bed.clock.advance(60_000)
  await ended
  assert.deepEqual(bed.sent, ['a'])
  assert.deepEqual(bed.results.toSorted(), ['b not tried', 'c not tried'])
})

test('a fate that is written at the second attempt is enough', async () => {
  const bed = new RedriveBed(['a'])
  let attempts = 0
  bed.topic.beforeWrite = () => {
    if (++attempts === 1) throw away
  }
  const running = bed.run()
  await settle()
  await bed.clock.advance(1_000)
  await running
  assert.deepEqual(bed.results, ['a redriven'])
  assert.deepEqual([bed.sent, attempts], [['a'], 2])
})
