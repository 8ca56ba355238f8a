import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { RelayError } from '../../../src/errors.ts'
import type {
  OnLeaders,
  ProduceBatch,
  ProduceReply,
  ProducerFactory,
} from '../../../src/kafka/producer-port.ts'
import { Publisher } from '../../../src/kafka/publisher.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { recordFor } from './publisher-bed.ts'
import { protocolError } from './scripted-producer.ts'

const partitions = 3
const brokers = 2

/** None, and the gateway's. */
const pace = fc.constantFrom(0, 5)

type Fault = 'none' | 'lost' | 'answer lost' | 'slow' | 'sequence forgotten'

interface Appended {
  readonly sequence: number
  readonly count: number
  readonly baseOffset: number
}

/**
 * Brokers and client as far as sequence numbers go, as the real ones do it: the client takes numbers when it sends and takes
 * them back when the request fails; a broker recognises a batch by its numbers alone, whatever is in it, and answers
 * a repetition with the old offset. So a publisher that sent something else under used numbers would lose it here too.
 */
class SequenceModel {
  readonly logs: string[][] = Array.from({ length: partitions }, () => [])
  readonly leaders = new Map(
    Array.from({ length: partitions }, (_, partition) => [partition, partition % brokers]),
  )
  readonly faults: Fault[] = []
  replaced = 0
  #flying = new Set<number>()
  #seen: ReadonlyMap<number, number> = new Map()

  readonly clock: ManualClock

  constructor(clock: ManualClock) {
    this.clock = clock
  }

  readonly producer: ProducerFactory = (onLeaders) => {
    this.replaced += 1
    const client = new Map<number, number>()
    const broker = new Map<number, Appended>()
    return {
      connect: async () => {},
      close: async () => {},
      refreshLeaders: async () => this.#look(onLeaders),
      produce: async (to, batches) => {
        this.#checkLeaders(to, batches, onLeaders)
        assert.ok(!this.#flying.has(to), 'two requests in flight to one broker')
        this.#flying.add(to)
        try {
          return await this.#answer(batches, client, broker)
        } finally {
          this.#flying.delete(to)
        }
      },
    }
  }

  #look(onLeaders: OnLeaders): void {
    this.#seen = new Map(this.leaders)
    onLeaders(this.#seen, partitions)
  }

  /** By the metadata the client has, which may be old: then it is the broker that says so, and nothing is appended. */
  #checkLeaders(to: number, batches: readonly ProduceBatch[], onLeaders: OnLeaders): void {
    if (batches.some(({ partition }) => this.#seen.get(partition) !== to))
      throw new RelayError('LEADER_MOVED', 'moved')
    if (batches.every(({ partition }) => this.leaders.get(partition) === to)) return
    this.#look(onLeaders)
    throw protocolError('NOT_LEADER_FOR_PARTITION', 6)
  }

  async #answer(
    batches: readonly ProduceBatch[],
    client: Map<number, number>,
    broker: Map<number, Appended>,
  ): Promise<readonly ProduceReply[]> {
    const fault = this.faults.shift() ?? 'none'
    if (fault === 'slow') await new Promise<void>((resolve) => this.clock.after(300, resolve))
    if (fault === 'lost') throw new Error('connection closed before the request was read')
    if (fault === 'sequence forgotten') throw protocolError('UNKNOWN_PRODUCER_ID', 59)
    const replies = batches.map((batch) => this.#append(batch, client.get(batch.partition) ?? 0, broker))
    if (fault === 'answer lost') throw new Error('connection closed before the answer')
    for (const { partition, records } of batches) {
      client.set(partition, (client.get(partition) ?? 0) + records.length)
    }
    return replies
  }

  #append(
    { partition, records }: ProduceBatch,
    sequence: number,
    broker: Map<number, Appended>,
  ): ProduceReply {
    const log = this.logs[partition] as string[]
    const last = broker.get(partition)
    if (last !== undefined && last.sequence === sequence && last.count === records.length) {
      return { partition, errorCode: 0, baseOffset: String(last.baseOffset) }
    }
    const expected = last === undefined ? 0 : last.sequence + last.count
    if (sequence !== expected) throw protocolError('OUT_OF_ORDER_SEQUENCE_NUMBER', 45)
    broker.set(partition, { sequence, count: records.length, baseOffset: log.length })
    const baseOffset = String(log.length)
    log.push(...records.map(({ value }) => value.toString()))
    return { partition, errorCode: 0, baseOffset }
  }
}

type Step =
  | { readonly do: 'write'; readonly partition: number; readonly records: number }
  | { readonly do: 'abort' }
  | { readonly do: 'fault'; readonly fault: Fault }
  | { readonly do: 'move'; readonly partition: number; readonly to: number }
  | { readonly do: 'wait'; readonly ms: number }

function steps(faults: readonly Fault[]): fc.Arbitrary<Step[]> {
  const partition = fc.nat(partitions - 1)
  return fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('write' as const),
          partition,
          records: fc.integer({ min: 1, max: 3 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('abort' as const) }) },
      {
        weight: 2,
        arbitrary: fc.record({ do: fc.constant('fault' as const), fault: fc.constantFrom(...faults) }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ do: fc.constant('move' as const), partition, to: fc.nat(brokers - 1) }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(0, 1, 40, 60, 200) }),
      },
    ),
    { minLength: 10, maxLength: 60 },
  )
}

interface Written {
  readonly partition: number
  readonly texts: readonly string[]
  readonly aborted: boolean
  offsets?: readonly string[]
}

async function play(
  run: readonly Step[],
  paceMs: number,
): Promise<{ model: SequenceModel; written: Written[] }> {
  const clock = new ManualClock()
  const model = new SequenceModel(clock)
  const publisher = new Publisher({
    topic: 't',
    producer: model.producer,
    clock,
    random: () => 0.5,
    limits: { batchRecords: 4, paceMs },
  })
  await publisher.start()
  const written: Written[] = []
  let serial = 0
  let last: { stop: AbortController; entry: Written } | undefined
  for (const step of run) {
    if (step.do === 'fault') model.faults.push(step.fault)
    else if (step.do === 'move') model.leaders.set(step.partition, step.to)
    else if (step.do === 'wait') await clock.advance(step.ms)
    else if (step.do === 'abort' && last !== undefined) {
      Object.assign(last.entry, { aborted: true })
      last.stop.abort()
    } else if (step.do === 'write') {
      const stop = new AbortController()
      const texts = Array.from({ length: step.records }, () => String(serial++))
      const entry: Written = { partition: step.partition, texts, aborted: false }
      written.push(entry)
      last = { stop, entry }
      publisher
        .write(
          texts.map((text) => recordFor(step.partition, text)),
          { signal: stop.signal },
        )
        .then(
          (acks) => Object.assign(entry, { offsets: acks.map(({ offset }) => offset) }),
          () => {},
        )
    }
  }
  model.faults.length = 0
  await clock.advance(30_000)
  await settle()
  assert.deepEqual(publisher.pending, { records: 0, bytes: 0, oldestMs: 0 })
  await publisher.close()
  assert.equal(clock.pending, 0, 'a timer is left')
  return { model, written }
}

test('P2, P3: whatever fails and wherever leaders go, every record is there once, in order, at the offset that was told', async () => {
  await fc.assert(
    fc.asyncProperty(steps(['none', 'lost', 'answer lost', 'slow']), pace, async (run, paceMs) => {
      const { model, written } = await play(run, paceMs)
      model.logs.forEach((log, partition) => {
        const own = written.filter((entry) => entry.partition === partition)
        const sent = own.flatMap(({ texts }) => texts)
        assert.deepEqual(
          log,
          sent.filter((text) => log.includes(text)),
          'order, or a record twice',
        )
        for (const { texts, aborted, offsets } of own) {
          if (!aborted)
            assert.deepEqual(
              offsets,
              texts.map((text) => String(log.indexOf(text))),
            )
        }
      })
    }),
    { numRuns: 300, includeErrorInReport: true },
  )
})

test('P5 (rule 9): when brokers lose the sequence too, a record may be there twice, but none is missing and none overtakes', async () => {
  await fc.assert(
    fc.asyncProperty(
      steps(['none', 'lost', 'answer lost', 'slow', 'sequence forgotten']),
      pace,
      async (run, paceMs) => {
        const { model, written } = await play(run, paceMs)
        model.logs.forEach((log, partition) => {
          const first = [...new Set(log)]
          assert.deepEqual(
            first,
            first.toSorted((a, b) => Number(a) - Number(b)),
            'order of first arrival',
          )
          for (const { texts, aborted } of written.filter((entry) => entry.partition === partition)) {
            if (!aborted) for (const text of texts) assert.ok(log.includes(text), `${text} is missing`)
          }
        })
      },
    ),
    { numRuns: 200, includeErrorInReport: true },
  )
})
