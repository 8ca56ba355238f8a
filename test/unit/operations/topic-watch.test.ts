import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TopicFinding } from '../../../src/kafka/topic-state.ts'
import { TopicWatch } from '../../../src/operations/topic-watch.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

const compacted: TopicFinding = {
  topic: 'events',
  setting: 'cleanup.policy',
  found: 'compact',
  wanted: 'delete',
  severity: 'danger',
  why: 'older events are deleted',
  action: 'set it to delete',
}
const packed: TopicFinding = {
  ...compacted,
  setting: 'compression.type',
  found: 'gzip',
  severity: 'notice',
  why: 'it costs',
}

/** A watch over `events`, whose looks find what is in `found`, or fail with it. */
function bed() {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const state: { found: readonly TopicFinding[] | Error; looks: number } = { found: [], looks: 0 }
  const watch = new TopicWatch({
    topics: ['events'],
    look: async () => {
      state.looks += 1
      if (state.found instanceof Error) throw state.found
      return state.found
    },
    everyMs: 1_000,
    againMs: 100,
    clock,
    telemetry,
  })
  const count = (severity: string) => telemetry.values.get(`registry_relay_topic_findings ${severity}`)
  return { clock, telemetry, state, watch, count }
}

test('what is dangerous is warned of once and noted while it is there, and the work goes on', async () => {
  const { clock, telemetry, state, watch, count } = bed()
  state.found = [compacted, packed]
  assert.deepEqual(watch.readiness(), { ready: true })
  watch.start()
  await settle()
  assert.deepEqual(watch.readiness(), {
    ready: true,
    reason: 'dangerous: events: cleanup.policy is compact; see `registry-relay topics plan`',
  })
  await clock.advance(250)
  assert.equal(state.looks, 3)
  const warnings = telemetry.logged('warn', /./)
  assert.deepEqual(
    warnings.map(({ message }) => message),
    ['events: cleanup.policy is compact: older events are deleted'],
  )
  assert.deepEqual(warnings[0]?.facts['action'], 'set it to delete')
  assert.equal(telemetry.logged('info', /compression\.type is gzip/).length, 1)
  assert.deepEqual([count('danger'), count('notice')], [1, 1])
})

test('a finding that changes is told again, and one that is gone is said to be put right', async () => {
  const { clock, telemetry, state, watch, count } = bed()
  state.found = [compacted]
  watch.start()
  await settle()
  state.found = [{ ...compacted, found: 'compact,delete' }]
  await clock.advance(100)
  assert.equal(telemetry.logged('warn', /cleanup\.policy/).length, 2)
  assert.equal(telemetry.logged('info', /put right/).length, 0)
  state.found = []
  await clock.advance(100)
  assert.deepEqual(watch.readiness(), { ready: true })
  assert.equal(telemetry.logged('info', /events: cleanup\.policy was put right/).length, 1)
  assert.deepEqual([count('danger'), count('notice')], [0, 0])
  state.found = [compacted]
  await clock.advance(1_000)
  assert.equal(telemetry.logged('warn', /cleanup\.policy/).length, 3)
})

test('a look that fails is noted and warned of once an outage, and what was seen before still holds', async () => {
  const { clock, telemetry, state, watch, count } = bed()
  const warned = () => telemetry.logged('warn', /could not be asked about the topics/)
  const answered = () => telemetry.logged('info', /answers about the topics again/).length
  state.found = [compacted]
  watch.start()
  await settle()
  state.found = new Error('no broker answers')
  await clock.advance(100)
  state.found = new Error('nobody at all answers')
  await clock.advance(100)
  assert.deepEqual(watch.readiness(), {
    ready: true,
    reason:
      'Kafka could not be asked about the topics: nobody at all answers; dangerous: events: cleanup.policy is compact; see `registry-relay topics plan`',
  })
  assert.deepEqual(
    warned().map(({ facts }) => facts['reason']),
    ['no broker answers'],
  )
  assert.equal(count('danger'), 1)
  assert.equal(answered(), 0)
  state.found = []
  await clock.advance(100)
  assert.deepEqual(watch.readiness(), { ready: true })
  assert.equal(answered(), 1)
  state.found = new Error('no broker answers')
  await clock.advance(1_000)
  assert.equal(warned().length, 2)
})

test('while something is found or a look failed it looks again soon, else seldom', async () => {
  const { clock, state, watch } = bed()
  const looksIn = async (ms: number) => {
    const before = state.looks
    await clock.advance(ms)
    return state.looks - before
  }
  for (const found of [[compacted], [packed], new Error('no broker answers')]) {
    state.found = found
    watch.start()
    await settle()
    // At most one pause of a second, until this is what the last look saw.
    await clock.advance(1_000)
    assert.equal(await looksIn(400), 4)
    state.found = []
    await clock.advance(100)
    assert.equal(await looksIn(990), 0)
    assert.equal(await looksIn(10), 1)
  }
})

test('after close nothing is looked at, and a look under way changes nothing', async () => {
  const { clock, telemetry, state, watch } = bed()
  watch.start()
  watch.start()
  await settle()
  assert.equal(state.looks, 1)
  watch.close()
  await clock.advance(5_000)
  assert.equal(state.looks, 1)
  assert.equal(telemetry.lines.length, 0)

  for (const found of [[compacted], new Error('closed')]) {
    let resolve = (): void => {}
    const looked = new Promise<void>((done) => {
      resolve = done
    })
    const slow = new TopicWatch({
      topics: ['events'],
      look: async () => {
        await looked
        if (found instanceof Error) throw found
        return found
      },
      clock,
      telemetry,
    })
    slow.start()
    await settle()
    slow.close()
    resolve()
    await settle()
    assert.equal(clock.pending, 0)
    assert.equal(telemetry.lines.length, 0)
    assert.deepEqual(slow.readiness(), { ready: true })
  }
})

test('closed before the first look, it never looks', async () => {
  const { state, watch } = bed()
  watch.start()
  watch.close()
  await settle()
  assert.equal(state.looks, 0)
})
