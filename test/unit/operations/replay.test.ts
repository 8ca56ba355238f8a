import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import {
  type ReplayBridge,
  type ReplayBridgeOptions,
  type ReplayEnd,
  type ReplayState,
  runReplay,
} from '../../../src/operations/replay.ts'
import type { ReplayPlan } from '../../../src/operations/replay-plan.ts'
import { beginReplay, type PreparedReplay } from '../../../src/operations/replay-prepare.ts'
import { ManualClock, settle } from '../../../src/testing/manual-clock.ts'
import { until } from '../../support/until.ts'
import { ScriptedOffsets } from './replay-bed.ts'

const plan: ReplayPlan = {
  topic: 'events',
  target: { name: 'hook' },
  from: { text: 'earliest', moment: { kind: 'earliest' } },
  to: { text: 'latest', moment: { kind: 'latest' } },
  repositories: [],
  actions: [],
}
const group = 'relay.replay.r1'

function recordAt(offset: bigint): ConsumedRecord {
  return { topic: 'events', partition: 0, offset } as ConsumedRecord
}

/** A replay of offsets 0 to 9 of one partition, over a bridge and a cluster that do as they are told. */
class ReplayBed {
  readonly clock = new ManualClock()
  readonly admin = new ScriptedOffsets('events')
  stopping = new AbortController()
  readonly states: ReplayState[] = []
  bridge: ReplayBridgeOptions | undefined
  closed = 0
  fail: (error: Error) => void = () => {}
  reason: string | undefined

  async run({ resumed = false } = {}): Promise<ReplayEnd> {
    const spans = new Map([[0, { start: 0n, end: 10n }]])
    const replay: PreparedReplay = {
      plan,
      spans,
      id: 'r1',
      group: 'relay.replay',
      consumerGroup: group,
      resumed,
    }
    this.admin.latest = new Map([[0, 10n]])
    await beginReplay(replay, this.admin)
    return runReplay({
      replay,
      admin: this.admin,
      clock: this.clock,
      signal: this.stopping.signal,
      onProgress: (state) => this.states.push(state),
      openBridge: (options) => this.#open(options),
    })
  }

  #open(options: ReplayBridgeOptions): ReplayBridge {
    this.bridge = options
    return {
      start: async () => {},
      readiness: () => (this.reason === undefined ? { ready: true } : { ready: true, reason: this.reason }),
      close: async () => {
        this.closed++
      },
      failed: new Promise<never>((_, reject) => {
        this.fail = reject
      }),
    }
  }

  commit(next: bigint): void {
    this.admin.groups.set(group, new Map([[0, { next, metadata: '' }]]))
  }

  /** Half a second passes, and is told. */
  async tick(ms = 500): Promise<void> {
    const told = this.states.length
    await until(() => this.bridge !== undefined)
    await this.clock.advance(ms)
    await until(() => this.states.length > told)
  }
}

test('is done when the group remembers the end, and counts what became of the records', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.bridge?.onOutcome('delivered', recordAt(0n))
  bed.bridge?.onOutcome('filtered', recordAt(1n))
  await bed.bridge?.deadLetters.write(recordAt(2n), {
    code: 'DELIVERY_REFUSED',
    message: 'status 422',
    stage: 'deliver',
    attempts: 1,
    firstFailureAt: 0,
    lastFailureAt: 0,
    lastStatus: 422,
  })
  bed.bridge?.onOutcome('dead_letter', recordAt(2n))
  bed.commit(3n)
  await bed.tick()
  assert.deepEqual([bed.states[0]?.done, bed.states[0]?.total, bed.closed], [3n, 10n, 0])
  bed.commit(10n)
  await bed.tick()
  const { end, delivered, filtered, refused, refusals } = await running
  assert.deepEqual([end, delivered, filtered, refused, bed.closed], ['done', 1, 1, 1, 1])
  assert.deepEqual(refusals, [
    { record: 'events-0@2', code: 'DELIVERY_REFUSED', reason: 'status 422', status: 422 },
  ])
})

test('one that is through already opens no bridge', async () => {
  const bed = new ReplayBed()
  const begun = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.stopping.abort()
  await begun
  bed.stopping = new AbortController()
  bed.bridge = undefined
  bed.commit(10n)
  const presets = bed.admin.presetOffsets
  bed.admin.presetOffsets = async () => {}
  assert.equal((await bed.run()).end, 'done')
  bed.admin.presetOffsets = presets
  assert.equal(bed.bridge, undefined)
})

test('Kafka that is away, and an endpoint that takes nothing, are waited for and told', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  bed.reason = 'endpoint hook does not work: status 401'
  await bed.tick()
  assert.equal(bed.states.at(-1)?.waiting, 'endpoint hook does not work: status 401')
  bed.admin.down = true
  await bed.tick()
  assert.equal(bed.states.at(-1)?.waiting, 'Kafka is away')
  bed.admin.down = false
  bed.commit(10n)
  await bed.tick()
  assert.equal((await running).end, 'done')
})

test('an endpoint that is gone ends it, with the reason and what was done', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.commit(4n)
  bed.fail(new Error('410 Gone'))
  await bed.tick()
  const { end, error, done } = await running
  assert.deepEqual([end, error?.message, done, bed.closed], ['failed', '410 Gone', 4n, 1])
})

test('a stop closes the bridge, and what that commits still counts', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.commit(6n)
  bed.stopping.abort()
  const { end, done } = await running
  assert.deepEqual([end, done, bed.closed], ['interrupted', 6n, 1])
})

test('a stop does not wait for a Kafka that is silent: the bridge is closed at once, in the first look or a later one', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.admin.silent = true
  await bed.clock.advance(500)
  bed.stopping.abort()
  await settle()
  assert.equal(bed.closed, 1)
  await bed.clock.advance(3_000)
  assert.equal((await running).end, 'interrupted')
  assert.equal(bed.clock.pending, 0)

  const first = new ReplayBed()
  const starting = first.run()
  first.admin.silent = true
  await settle()
  first.stopping.abort()
  assert.deepEqual([(await starting).end, first.bridge], ['interrupted', undefined])
})

test('a Kafka that is silent is told after ten seconds, and asked again', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.admin.silent = true
  await bed.tick(10_500)
  assert.equal(bed.states.at(-1)?.waiting, 'Kafka has not answered for 10 s')
  bed.admin.silent = false
  bed.commit(10n)
  await bed.tick()
  assert.equal((await running).end, 'done')
})

test('a plan that Kafka does not take keeps neither the progress nor a stop waiting', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await until(() => bed.bridge !== undefined)
  bed.admin.presetOffsets = () => new Promise(() => {})
  await bed.tick(3_600_000)
  await bed.tick(11_000)
  bed.stopping.abort()
  assert.equal((await running).end, 'interrupted')
})

test('the plan is written again every hour, since Kafka forgets what nobody writes', async () => {
  const bed = new ReplayBed()
  const running = bed.run()
  await bed.tick(3_500_000)
  assert.equal(bed.admin.order.filter((name) => name === `${group}.plan`).length, 1)
  await bed.tick(200_000)
  assert.equal(bed.admin.order.filter((name) => name === `${group}.plan`).length, 2)
  bed.stopping.abort()
  await running
})

test('what the topic lost is through, and counted', async () => {
  const bed = new ReplayBed()
  bed.admin.earliest = new Map([[0, 12n]])
  const { end, lost, done } = await bed.run()
  assert.deepEqual([end, lost, done], ['done', 10n, 10n])
})

test('a replay that goes on says whether it was through before', async () => {
  const bed = new ReplayBed()
  bed.admin.groups.set(group, new Map([[0, { next: 10n, metadata: '' }]]))
  const { end, finishedBefore } = await bed.run({ resumed: true })
  assert.deepEqual([end, finishedBefore, bed.bridge], ['done', true, undefined])

  const lossy = new ReplayBed()
  lossy.admin.groups.set(group, new Map([[0, { next: 4n, metadata: '' }]]))
  lossy.admin.earliest = new Map([[0, 10n]])
  assert.equal((await lossy.run({ resumed: true })).finishedBefore, false)
})
