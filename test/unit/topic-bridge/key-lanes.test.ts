import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DeliverySlots } from '../../../src/topic-bridge/delivery-slots.ts'
import { KeyLanes, type LaneJob } from '../../../src/topic-bridge/key-lanes.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'

/** A job whose attempts end when the test says so. */
class HeldJob implements LaneJob {
  readonly signals: AbortSignal[] = []
  #end: ((pauseMs: number | undefined) => void) | undefined

  attempt(signal: AbortSignal): Promise<number | undefined> {
    this.signals.push(signal)
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

function lanesOf(limit: number) {
  const clock = new ManualClock()
  const slots = new DeliverySlots(limit)
  let idle = 0
  const lanes = new KeyLanes<LaneJob>({ slots, clock, onIdle: () => idle++ })
  return { clock, slots, lanes, idleCalls: () => idle }
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

test('a lane that waits out a pause holds no slot', async () => {
  const { lanes, slots } = lanesOf(1)
  const [dead, alive] = [new HeldJob(), new HeldJob()]
  lanes.add('dead', dead)
  lanes.add('alive', alive)
  assert.equal(alive.attempts, 0)
  await dead.end(60_000)
  assert.equal(alive.attempts, 1)
  await alive.end()
  assert.equal(slots.inUse, 0)
})

test('says once that it is idle, when the last job has its outcome', async () => {
  const { lanes, idleCalls } = lanesOf(10)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', second)
  await first.end()
  assert.equal(idleCalls(), 0)
  await second.end()
  assert.equal(idleCalls(), 1)
  assert.equal(lanes.unfinished, 0)
})

test('after a stop only wanted jobs begin, a failing lane is dropped, and slots and timers come back', async () => {
  const { lanes, slots, clock, idleCalls } = lanesOf(2)
  const [flying, wanted, unwanted] = [new HeldJob(), new HeldJob(), new HeldJob()]
  const [paused, failing, queued] = [new HeldJob(), new HeldJob(), new HeldJob()]
  lanes.add('a', flying)
  lanes.add('a', wanted)
  lanes.add('a', unwanted)
  lanes.add('b', paused)
  await paused.end(1_000)
  lanes.add('c', failing)
  lanes.add('d', queued)
  lanes.stop((job) => job !== unwanted && job !== queued)
  assert.equal(clock.pending, 0)
  await flying.end()
  assert.equal(wanted.attempts, 1)
  await failing.end(10)
  assert.equal(lanes.busy, 1)
  assert.equal(idleCalls(), 0)
  await wanted.end()
  await clock.advance(10_000)
  assert.deepEqual([unwanted.attempts, paused.attempts, failing.attempts, queued.attempts], [0, 1, 1, 0])
  assert.deepEqual([idleCalls(), lanes.busy, lanes.unfinished, slots.inUse], [1, 0, 4, 0])
})

test('after a stop a lane that waits for a slot still gets it when its job is wanted', async () => {
  const { lanes } = lanesOf(1)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', second)
  lanes.stop((job) => job === second)
  await first.end()
  assert.equal(second.attempts, 1)
})

test('a stop with nothing under way says idle at once, and what is added later is only counted', () => {
  const { lanes, idleCalls } = lanesOf(1)
  lanes.stop(() => true)
  assert.equal(idleCalls(), 1)
  const late = new HeldJob()
  lanes.add('a', late)
  assert.deepEqual([late.attempts, lanes.unfinished], [0, 1])
})

test('an abort reaches the attempts under way, and nothing wanted begins after it', async () => {
  const { lanes, idleCalls } = lanesOf(1)
  const [first, second] = [new HeldJob(), new HeldJob()]
  lanes.add('a', first)
  lanes.add('b', second)
  lanes.stop(() => true)
  assert.equal(first.signals[0]?.aborted, false)
  lanes.abort(new Error('given back'))
  assert.equal(first.signals[0]?.aborted, true)
  await first.end(0)
  assert.deepEqual([second.attempts, idleCalls()], [0, 1])
})

test('a job that breaks its word and rejects is tried again', async () => {
  const { lanes, clock } = lanesOf(10)
  let attempts = 0
  const attempt = async (): Promise<undefined> => {
    if (++attempts === 1) throw new Error('bug')
  }
  lanes.add('a', { attempt })
  await clock.advance(999)
  assert.equal(attempts, 1)
  await clock.advance(1)
  assert.equal(attempts, 2)
  assert.equal(lanes.unfinished, 0)
})

test('keeps the order of every key and the limit, whatever fails and however long it takes', async () => {
  const jobs = fc.array(
    fc.record({ key: fc.nat(4), took: fc.nat(20), failures: fc.array(fc.nat(50), { maxLength: 3 }) }),
    {
      maxLength: 40,
    },
  )
  await fc.assert(
    fc.asyncProperty(jobs, fc.integer({ min: 1, max: 5 }), async (given, limit) => {
      const { lanes, clock, slots } = lanesOf(limit)
      const finished = new Map<number, number[]>()
      let flying = 0
      given.forEach(({ key, took, failures }, index) => {
        const pauses = [...failures]
        const attempt = async (): Promise<number | undefined> => {
          assert.ok(++flying <= limit)
          await new Promise<void>((resolve) => clock.after(took, resolve))
          flying--
          const pause = pauses.shift()
          if (pause === undefined) finished.set(key, [...(finished.get(key) ?? []), index])
          return pause
        }
        lanes.add(String(key), { attempt })
      })
      while (lanes.unfinished > 0) await clock.advance(1_000)
      assert.equal(slots.inUse, 0)
      for (const [key, order] of finished) {
        const expected = given.flatMap((one, index) => (one.key === key ? [index] : []))
        assert.deepEqual(order, expected)
      }
    }),
    { numRuns: 30 },
  )
})
