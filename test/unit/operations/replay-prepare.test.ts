import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReplayPlan } from '../../../src/operations/replay-plan.ts'
import { beginReplay, prepareReplay, type ReplayRequest } from '../../../src/operations/replay-prepare.ts'
import { ScriptedOffsets } from './replay-bed.ts'

const plan: ReplayPlan = {
  topic: 'events',
  target: { name: 'hook' },
  from: { text: 'earliest', moment: { kind: 'earliest' } },
  to: { text: 'latest', moment: { kind: 'latest' } },
  repositories: [],
  actions: [],
}

function requestOf(over: Partial<ReplayRequest> = {}): ReplayRequest {
  const topics = ['routed', 'events']
  return { id: 'r1', bridgeGroup: 'relay', liveGroups: ['relay.hook'], topics, asked: {}, plan, ...over }
}

function cluster(): ScriptedOffsets {
  const offsets = new ScriptedOffsets('events')
  offsets.earliest = new Map([
    [0, 1n],
    [1, 2n],
  ])
  offsets.latest = new Map([
    [0, 10n],
    [1, 20n],
  ])
  return offsets
}

function fromOffset(offset: bigint): ReplayPlan {
  return { ...plan, partition: 1, from: { text: `offset ${offset}`, moment: { kind: 'offset', offset } } }
}

async function prepared(admin: ScriptedOffsets, over: Partial<ReplayRequest> = {}) {
  const preparation = await prepareReplay(requestOf(over), admin)
  if (preparation.kind === 'refused') throw new Error(preparation.reason)
  return preparation.replay
}

test('looking writes nothing; beginning writes first where it starts and then the plan', async () => {
  const admin = cluster()
  const replay = await prepared(admin)
  assert.deepEqual(admin.order, [])
  await beginReplay(replay, admin)
  assert.deepEqual(admin.order, ['relay.replay.r1', 'relay.replay.r1.plan'])
  assert.deepEqual(admin.groups.get('relay.replay.r1')?.get(1), { next: 2n, metadata: '' })
})

test('a replay that was begun goes on with the span of its first start, whatever the topic has by now', async () => {
  const admin = cluster()
  await beginReplay(await prepared(admin), admin)
  admin.groups.get('relay.replay.r1')?.set(0, { next: 7n, metadata: 'of the bridge' })
  admin.latest = new Map([
    [0, 100n],
    [1, 200n],
  ])
  const resumed = await prepared(admin, { plan: 'nothing is asked for' })
  assert.deepEqual([resumed.resumed, resumed.plan], [true, plan])
  assert.deepEqual(resumed.spans.get(1), { start: 2n, end: 20n })
  await beginReplay(resumed, admin)
  assert.deepEqual(admin.groups.get('relay.replay.r1')?.get(0), { next: 7n, metadata: 'of the bridge' })
})

test('offsets that Kafka has forgotten begin again where the replay began', async () => {
  const admin = cluster()
  await beginReplay(await prepared(admin), admin)
  admin.groups.get('relay.replay.r1')?.delete(1)
  await beginReplay(await prepared(admin), admin)
  assert.deepEqual(admin.groups.get('relay.replay.r1')?.get(1), { next: 2n, metadata: '' })
})

test('a replay that was cut off before its plan was written is begun anew', async () => {
  const admin = cluster()
  await beginReplay(await prepared(admin), admin)
  admin.groups.delete('relay.replay.r1.plan')
  admin.groups.get('relay.replay.r1')?.set(0, { next: 7n, metadata: '' })
  await beginReplay(await prepared(admin), admin)
  assert.deepEqual(admin.groups.get('relay.replay.r1')?.get(0), { next: 1n, metadata: '' })
})

test('what cannot be replayed is refused with the reason', async () => {
  const admin = cluster()
  for (const [over, reason] of [
    [{ plan: '--from is missing' }, /--from is missing/],
    [{ plan: { ...plan, partition: 2 } }, /events has 2 partitions/],
    [{ plan: fromOffset(99_999n) }, /^--from-offset: partition 1 of events ends at 20, before 99999$/],
    [{ plan: { ...plan, repositories: ['x'.repeat(5_000)] } }, /too long/],
    [{ liveGroups: ['relay.replay.r1'] }, /is that of an endpoint/],
    [{ liveGroups: ['relay.replay.r1.plan'] }, /is that of an endpoint/],
  ] as const) {
    const preparation = await prepareReplay(requestOf(over), admin)
    assert.equal(preparation.kind, 'refused')
    assert.match(preparation.kind === 'refused' ? preparation.reason : '', reason)
  }
})

test('an offset at the end or below the first one can be meant', async () => {
  const at = async (offset: bigint) => (await prepared(cluster(), { plan: fromOffset(offset) })).spans.get(1)
  assert.deepEqual(await at(20n), { start: 20n, end: 20n })
  assert.deepEqual(await at(0n), { start: 2n, end: 20n })
})

test('a topic that is not there is no wrong option, and the command that creates it is named', async () => {
  await assert.rejects(prepared(cluster(), { plan: { ...plan, topic: 'gone' } }), {
    code: 'KAFKA_CONFIGURATION',
    message: 'there is no topic gone: create it with `registry-relay topics apply`',
  })
})
