import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EndpointGate, type Pass } from '../../../src/topic-bridge/endpoint-gate.ts'
import { KeyLanes, type LaneJob } from '../../../src/topic-bridge/key-lanes.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

/** A job whose attempts end when the test says so. */
class HeldJob implements LaneJob {
  needsEndpoint = true
  readonly signals: AbortSignal[] = []
  readonly passes: (Pass | undefined)[] = []
  #end: ((pauseMs: number | undefined) => void) | undefined

  attempt(signal: AbortSignal, pass: Pass | undefined): Promise<number | undefined> {
    this.signals.push(signal)
    this.passes.push(pass)
    return new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get attempts(): number {
    return this.signals.length
  }

  async end(pauseMs?: number): Promise<void> {
    this.#end?.(pauseMs)
    await settle()
  }
}

function lanesOf(concurrency: number) {
  const clock = new ManualClock()
  const gate = new EndpointGate({ endpoint: 'billing', concurrency, clock, random: () => 0 })
  let idle = 0
  const lanes = new KeyLanes<LaneJob>({ gate, clock, onIdle: () => idle++ })
  return { clock, gate, lanes, idleCalls: () => idle }
}

test('the next job of a key waits for the outcome of the one before, other keys do not', async () => {
  const { lanes } = lanesOf(10)
  const [first, second, other] = [new HeldJob(), new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('a', second)
  lanes.add('b', other)
  assert.deepEqual([first.attempts, second.attempts, other.attempts], [1, 0, 1])
  await first.end()
  assert.equal(second.attempts, 1)
})

test('a job is attempted again after its pause, before anything else of its key', async () => {
  const { lanes, clock } = lanesOf(10)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('a', second)
  await first.end(500)
  await clock.advance(499)
  assert.equal(first.attempts, 1)
  await clock.advance(1)
  assert.deepEqual([first.attempts, second.attempts], [2, 0])
  await first.end()
  assert.equal(second.attempts, 1)
})

test('a pause of no time is none', async () => {
  const { lanes, clock } = lanesOf(1)
  const job = new HeldJob()
  lanes.add('a', job)
  await job.end(0)
  assert.deepEqual([job.attempts, clock.pending], [2, 0])
})

test('a lane that waits out a pause holds no pass', async () => {
  const { lanes, gate } = lanesOf(1)
  const [dead, alive] = [new HeldJob(), new HeldJob()]
  lanes.add('dead', dead)
  lanes.add('alive', alive)
  assert.equal(alive.attempts, 0)
  await dead.end(60_000)
  assert.equal(alive.attempts, 1)
  await alive.end()
  assert.equal(gate.inUse, 0)
})

test('between two jobs of one key another key that waits has its turn', async () => {
  const { lanes } = lanesOf(1)
  const [first, second, other] = [new HeldJob(), new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('a', second)
  lanes.add('b', other)
  await first.end()
  assert.deepEqual([other.attempts, second.attempts], [1, 0])
  await other.end()
  assert.equal(second.attempts, 1)
})

test('an attempt that asks nothing of the endpoint goes without a pass', async () => {
  const { lanes, gate } = lanesOf(1)
  const [full, free] = [new HeldJob(), new HeldJob()]
  free.needsEndpoint = false
  lanes.add('full', full)
  lanes.add('free', free)
  assert.deepEqual([free.attempts, free.passes, gate.inUse], [1, [undefined], 1])
  assert.notEqual(full.passes[0], undefined)
})

test('whether a pass is needed is asked before each attempt', async () => {
  const { lanes, gate } = lanesOf(1)
  const [first, other] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', other)
  first.needsEndpoint = false
  await first.end(0)
  assert.deepEqual([first.attempts, first.passes[1], other.attempts, gate.inUse], [2, undefined, 1, 1])
})

test('who is hurried tries now, and not a second time when its pause is over', async () => {
  const { lanes, clock } = lanesOf(10)
  const [paused, flying] = [new HeldJob(), new HeldJob()]
  lanes.add('a', paused)
  lanes.add('b', flying)
  await paused.end(60_000)
  lanes.hurry()
  assert.deepEqual([paused.attempts, flying.attempts, clock.pending], [2, 1, 0])
  await clock.advance(60_000)
  assert.equal(paused.attempts, 2)
})

test('a success that lets another lane in and hurries the first does not begin its job twice', async () => {
  const { lanes, gate, clock } = lanesOf(1)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', second)
  second.attempt = async () => {
    lanes.hurry()
    return undefined
  }
  await first.end(1_000)
  assert.deepEqual([first.attempts, gate.inUse, clock.pending], [2, 1, 0])
})

test('says that it is idle when the last job has its outcome', async () => {
  const { lanes, idleCalls } = lanesOf(10)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', second)
  await first.end()
  assert.deepEqual([idleCalls(), lanes.busy], [0, 1])
  await second.end()
  assert.deepEqual([idleCalls(), lanes.busy], [1, 0])
})

test('after a stop nothing begins, what is under way goes on, and passes and timers come back', async () => {
  const { lanes, gate, clock, idleCalls } = lanesOf(2)
  const [flying, behind, paused, failing, queued] = Array.from({ length: 5 }, () => new HeldJob()) as [
    HeldJob,
    HeldJob,
    HeldJob,
    HeldJob,
    HeldJob,
  ]
  lanes.add('a', flying)
  lanes.add('a', behind)
  lanes.add('b', paused)
  await paused.end(1_000)
  lanes.add('c', failing)
  lanes.add('d', queued)
  lanes.stop()
  lanes.stop()
  assert.deepEqual([clock.pending, lanes.busy, idleCalls()], [0, 2, 0])
  await failing.end(10)
  assert.deepEqual([lanes.busy, idleCalls(), flying.signals[0]?.aborted], [1, 0, false])
  await flying.end()
  lanes.hurry()
  await clock.advance(10_000)
  assert.deepEqual(
    [flying, behind, paused, failing, queued].map(({ attempts }) => attempts),
    [1, 0, 1, 1, 0],
  )
  assert.deepEqual([idleCalls(), lanes.busy, gate.inUse], [1, 0, 0])
})

test('a stop with nothing under way says idle at once, and what is added later is not begun', () => {
  const { lanes, idleCalls } = lanesOf(1)
  lanes.stop()
  assert.equal(idleCalls(), 1)
  const late = new HeldJob()
  lanes.add('a', late)
  assert.deepEqual([late.attempts, lanes.busy], [0, 0])
})

test('an abort reaches the attempts under way, and nothing begins after it', async () => {
  const { lanes, idleCalls } = lanesOf(1)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', second)
  const reason = new Error('given back')
  lanes.abort(reason)
  assert.deepEqual([first.signals[0]?.aborted, first.signals[0]?.reason], [true, reason])
  await first.end(0)
  assert.deepEqual([first.attempts, second.attempts, idleCalls()], [1, 0, 1])
})

test('lanes that share a gate share its passes', async () => {
  const { lanes, gate, clock } = lanesOf(1)
  const others = new KeyLanes<LaneJob>({ gate, clock, onIdle: () => {} })
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  others.add('a', second)
  assert.equal(second.attempts, 0)
  lanes.abort(new Error('given back'))
  await first.end(0)
  assert.equal(second.attempts, 1)
})

test('a job that breaks its word and rejects is tried again', async () => {
  const { lanes, clock, gate } = lanesOf(10)
  let attempts = 0
  const attempt = async (): Promise<undefined> => {
    if (++attempts === 1) throw new Error('bug')
  }
  lanes.add('a', { needsEndpoint: true, attempt })
  await clock.advance(999)
  assert.equal(attempts, 1)
  await clock.advance(1)
  assert.deepEqual([attempts, lanes.busy, gate.inUse], [2, 0, 0])
})

test('keeps the order of every key and the limit, whatever fails and however long it takes', async () => {
  const job = fc.record({
    key: fc.nat(4),
    took: fc.nat(20),
    failures: fc.array(fc.nat(50), { maxLength: 3 }),
    needsEndpoint: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(job, { maxLength: 40 }),
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.nat(100), { maxLength: 5 }),
      async (given, limit, hurries) => {
        const { lanes, clock, gate } = lanesOf(limit)
        const finished = new Map<number, number[]>()
        const busy = new Set<number>()
        // A job that throws is tried again: what is found inside one must be told outside.
        const faults: string[] = []
        let flying = 0
        given.forEach(({ key, took, failures, needsEndpoint }, index) => {
          const pauses = [...failures]
          const attempt = async (): Promise<number | undefined> => {
            if (busy.has(key)) faults.push(`two attempts of key ${key}`)
            busy.add(key)
            if (needsEndpoint && ++flying > limit) faults.push(`${flying} attempts`)
            await new Promise<void>((resolve) => clock.after(took, resolve))
            if (needsEndpoint) flying--
            busy.delete(key)
            const pause = pauses.shift()
            if (pause === undefined) finished.set(key, [...(finished.get(key) ?? []), index])
            return pause
          }
          lanes.add(String(key), { needsEndpoint, attempt })
        })
        for (const ms of hurries) clock.after(ms, () => lanes.hurry())
        for (let turn = 0; lanes.busy > 0; turn++) {
          assert.ok(turn < 100, 'stuck')
          await clock.advance(1_000)
        }
        assert.deepEqual([faults, gate.inUse], [[], 0])
        for (const key of [0, 1, 2, 3, 4]) {
          const expected = given.flatMap((one, index) => (one.key === key ? [index] : []))
          assert.deepEqual(finished.get(key) ?? [], expected)
        }
      },
    ),
    { numRuns: 30 },
  )
})
