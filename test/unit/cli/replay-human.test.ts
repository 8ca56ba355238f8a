import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dryRunJson,
  dryRunText,
  endJson,
  endText,
  goOnCommand,
  progressText,
  startText,
} from '../../../src/cli/replay-human.ts'
import { ReplayPace } from '../../../src/cli/replay-pace.ts'
import { shellWord } from '../../../src/cli/shell-word.ts'
import type { ReplayEnd } from '../../../src/operations/replay.ts'
import type { PreparedReplay } from '../../../src/operations/replay-prepare.ts'

const replay: PreparedReplay = {
  id: 'r1',
  group: 'relay.replay',
  consumerGroup: 'relay.replay.r1',
  resumed: false,
  plan: {
    topic: 'events',
    target: { name: 'search' },
    from: { text: '2h', moment: { kind: 'time', ms: Date.parse('2026-11-26T08:00:00Z') } },
    to: { text: 'latest', moment: { kind: 'latest' } },
    repositories: ['team/**'],
    actions: [],
  },
  spans: new Map([
    [0, { start: 5n, end: 1_239n }],
    [1, { start: 7n, end: 7n }],
  ]),
}

const done: ReplayEnd = {
  end: 'done',
  delivered: 1_200,
  filtered: 34,
  refused: 0,
  refusals: [],
  finishedBefore: false,
  lost: 0n,
  done: 1_234n,
  total: 1_234n,
}

test('the start names the replay, the endpoint, the span and the filters', () => {
  assert.equal(
    startText(replay),
    `Replay: r1, events to search
  from 2026-11-26T08:00:00.000Z to latest; 1,234 offsets to read; only repositories team/**`,
  )
  assert.match(startText({ ...replay, resumed: true }), /^Replay goes on: r1/)
})

test('a dry run shows the offsets of partitions that have some', () => {
  const text = dryRunText(replay)
  assert.match(text, /^PARTITION {2}FROM {2}BEFORE {2}OFFSETS\n0 {10}5 {5}1239 {4}1234\n\nDry run/m)
  const { partitions } = JSON.parse(dryRunJson(replay))
  assert.deepEqual(partitions[0], { partition: 0, from: '5', before: '1239' })
})

test('the progress says how fast it is, how long it takes, and what it waits for', () => {
  const state = { ...done, done: 600n }
  assert.equal(progressText(state, 42.4, 200), '1,200 delivered, 42/s, 4 min left')
  assert.equal(
    progressText({ ...state, refused: 2, waiting: 'endpoint search does not work' }, 0, undefined),
    '1,200 delivered, 2 refused, 0.0/s - endpoint search does not work',
  )
})

test('the end tells what was refused and what is gone, and an unfinished one how to go on', () => {
  assert.equal(endText(done, 'go on'), 'Done: 1,200 delivered, 34 left out by the filters, 0 refused.')
  const refusals = [{ record: 'events-0@17', code: 'DELIVERY_REFUSED' as const, reason: 'status 422' }]
  const text = endText({ ...done, end: 'interrupted', done: 600n, refused: 3, refusals, lost: 4n }, 'go on')
  assert.equal(
    text,
    `Interrupted; resumes from 600 of 1,234 offsets: 1,200 delivered, 34 left out by the filters, 3 refused.
4 offsets were gone from the topic before they were delivered.

Refused, not delivered (still in the topic):
  events-0@17  DELIVERY_REFUSED  status 422
  and 2 more

To go on:
  go on`,
  )
})

test('a replay that was through before says so, to people and to programs', () => {
  const end = { ...done, delivered: 0, filtered: 0, finishedBefore: true }
  assert.equal(endText(end, 'go on'), 'Finished before: nothing was left to deliver.')
  assert.equal(JSON.parse(endJson(replay, end)).finishedBefore, true)
})

test('programs get every number, and offsets as texts', () => {
  const parsed = JSON.parse(endJson(replay, { ...done, end: 'failed', error: new Error('gone') }))
  assert.deepEqual(parsed, {
    id: 'r1',
    group: 'relay.replay.r1',
    topic: 'events',
    end: 'failed',
    delivered: 1_200,
    filtered: 34,
    refused: 0,
    refusals: [],
    error: 'gone',
    offsets: { done: '1234', total: '1234', lost: '0' },
  })
})

test('the command to go on names the endpoint of a URL no further than that it is the same', () => {
  const target = { host: 'hooks.test', sha256: 'aa' }
  const options = { config: 'my relay.yaml', toEndpoint: 'https://hooks.test/?token=t', rate: 5 }
  assert.equal(
    goOnCommand(options, { ...replay, plan: { ...replay.plan, target } }),
    "registry-relay replay -c 'my relay.yaml' --id r1 --to-endpoint '<the same URL>' --rate 5",
  )
  assert.equal(goOnCommand({ config: 'relay.yaml' }, replay), 'registry-relay replay -c relay.yaml --id r1')
})

test('the command to go on survives a shell', () => {
  assert.equal(shellWord('relay.yaml'), 'relay.yaml')
  assert.equal(shellWord("http://h/?a=1&b='"), `'http://h/?a=1&b='\\'''`)
})

test('pace is that of the last ten seconds, and nothing is foretold while nothing moves', () => {
  const pace = new ReplayPace()
  assert.deepEqual([pace.rate, pace.secondsLeft(100n)], [0, undefined])
  pace.add({ done: 0n, delivered: 0 }, 0)
  pace.add({ done: 20n, delivered: 10 }, 2_000)
  assert.deepEqual([pace.rate, pace.secondsLeft(100n)], [5, 8])
  for (let at = 3_000; at <= 13_000; at += 1_000) pace.add({ done: 20n, delivered: 10 }, at)
  assert.deepEqual([pace.rate, pace.secondsLeft(100n)], [0, undefined])
})

test('a replay that was found in Kafka, and what an endpoint says, cannot move the cursor', () => {
  const evil = { ...replay, plan: { ...replay.plan, repositories: ['a\u001b[2J\n'] } }
  assert.match(startText(evil), /\n {2}from .* only repositories a\\x1b\[2J\\x0a$/)
  assert.match(dryRunText(evil), /only repositories a\\x1b\[2J\\x0a\n\nPARTITION/)
  const refusals = [{ record: 'e-0@1', code: 'DELIVERY_REFUSED' as const, reason: 'said \u202e' }]
  const error = new Error('lost \u0007\u001b')
  const text = endText({ ...done, end: 'failed', error, refused: 1, refusals }, 'go on')
  assert.match(text, /^Failed: lost \\x07\\x1b; /)
  assert.match(text, /DELIVERY_REFUSED {2}said \\u\{202e\}\n/)
})
