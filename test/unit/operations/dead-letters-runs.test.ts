import assert from 'node:assert/strict'
import { test } from 'node:test'
import { KeyedRuns } from '../../../src/operations/dead-letters-runs.ts'
import { settle } from '../../../src/testing/manual-clock.ts'

/** Jobs that end when they are told to. */
class Jobs {
  readonly begun: string[] = []
  readonly #ends = new Map<string, (ok: boolean) => void>()

  job(name: string): (held: boolean) => Promise<boolean> {
    return (held) => {
      this.begun.push(held ? `${name} held` : name)
      return held ? Promise.resolve(false) : new Promise((resolve) => this.#ends.set(name, resolve))
    }
  }

  async end(name: string, ok = true): Promise<void> {
    this.#ends.get(name)?.(ok)
    await settle()
  }
}

test('jobs of a key run one after the other, of several keys at once', async () => {
  const jobs = new Jobs()
  const runs = new KeyedRuns({ concurrency: 2, inHand: 10 })
  for (const name of ['a1', 'a2', 'b1', 'c1']) await runs.add(name.slice(0, 1), jobs.job(name))
  await settle()
  assert.deepEqual(jobs.begun, ['a1', 'b1'])
  await jobs.end('a1')
  assert.deepEqual(jobs.begun, ['a1', 'b1', 'c1'])
  await jobs.end('b1')
  assert.deepEqual(jobs.begun, ['a1', 'b1', 'c1', 'a2'])
  const drained = runs.drained()
  await jobs.end('c1')
  await jobs.end('a2')
  await drained
})

test('after a failure the later ones of that key are held, and of no other', async () => {
  const jobs = new Jobs()
  const runs = new KeyedRuns({ concurrency: 2, inHand: 10 })
  for (const name of ['a1', 'a2', 'b1']) await runs.add(name.slice(0, 1), jobs.job(name))
  await settle()
  await jobs.end('a1', false)
  await jobs.end('b1')
  await runs.add('a', jobs.job('a3'))
  await runs.drained()
  assert.deepEqual(jobs.begun, ['a1', 'b1', 'a2 held', 'a3 held'])
})

test('no more are taken than may be in hand', async () => {
  const jobs = new Jobs()
  const runs = new KeyedRuns({ concurrency: 1, inHand: 2 })
  await runs.add('a', jobs.job('a1'))
  let taken = false
  const second = runs.add('a', jobs.job('a2')).then(() => {
    taken = true
  })
  await settle()
  assert.equal(taken, false)
  await jobs.end('a1')
  await second
  assert.equal(taken, true)
  await jobs.end('a2')
  await runs.drained()
})

test('one that throws ends all: what has begun is waited for, and nothing begins after it', async () => {
  const jobs = new Jobs()
  const runs = new KeyedRuns({ concurrency: 2, inHand: 10 })
  await runs.add('a', jobs.job('a1'))
  await runs.add('b', async () => {
    throw new Error('no fate')
  })
  await settle()
  const drained = assert.rejects(runs.drained(), /no fate/)
  await assert.rejects(runs.add('c', jobs.job('c1')), /no fate/)
  await jobs.end('a1')
  await drained
  assert.deepEqual(jobs.begun, ['a1'])
})
