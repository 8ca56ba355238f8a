import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadJson, loadProgressText, loadText } from '../../../src/cli/loadgen-text.ts'
import type { LoadReport } from '../../../src/operations/loadgen.ts'

const times = { count: 4, p50: 1.234, p90: 9.9, p99: 45.6, max: 1_234.5 }
const clean: LoadReport = {
  seed: 7,
  events: 12_000,
  taken: 12_000,
  givenUp: 0,
  unanswered: 0,
  retries: 3,
  answers: { 200: 12_000, 503: 3 },
  answerMs: times,
  seconds: 60,
  rate: 200,
  alteredAllowed: false,
  farEnd: {
    arrived: 12_000,
    lost: 0,
    duplicates: 1,
    outOfOrder: 0,
    altered: 0,
    latencyMs: times,
    examples: [],
  },
}

test('the report counts, says how long it took, and what it comes to', () => {
  assert.equal(
    loadText(clean, 'topic'),
    `events              12,000  in 60.0 s, 200.0 a second
taken               12,000  200: 12,000, 503: 3
retries                  3
arrived             12,000  in the topic
lost                     0
duplicates               1
out of order             0

MILLISECONDS           P50   P90   P99  MAX
answer of the gateway  1.23  9.90  46   1235
event to topic         1.23  9.90  46   1235

Nothing was lost, and all came in order.
seed 7`,
  )
})

test('what went wrong is counted, named and summed up', () => {
  const examples = [{ fate: 'lost', id: 'x', repository: 'a/b', sequence: 17 } as const]
  const report: LoadReport = {
    ...clean,
    givenUp: 2,
    unanswered: 1,
    farEnd: { arrived: 9, lost: 1, duplicates: 0, outOfOrder: 4, altered: 5, latencyMs: undefined, examples },
  }
  const text = loadText(report, 'receiver')
  assert.match(text, /^given up +2 {2}by the registry, after its last retry$/m)
  assert.match(text, /^unanswered +1 {2}when it was stopped$/m)
  assert.match(text, /^lost +1 {2}acknowledged, and not there$/m)
  assert.match(text, /^out of order +4 {2}behind a later event of their repository$/m)
  assert.match(text, /^altered +5 {2}other bytes than were posted \(see --allow-altered\)$/m)
  assert.match(text, /^For example:\n {2}lost {2}a\/b {2}number 17 {2}x$/m)
  assert.match(
    text,
    /^Not as it should be: 2 never taken, 1 never answered, 1 lost, 4 out of order, 5 altered\.$/m,
  )
})

test('what nobody answered is not well, also where nobody looked what arrived', () => {
  const stopped = { ...clean, events: 4, taken: 0, unanswered: 4, farEnd: undefined }
  assert.match(loadText(stopped, 'none'), /\nNot as it should be: 4 never answered\.\n/)
  assert.equal(JSON.parse(loadJson(stopped)).clean, false)
  const nothing = { ...stopped, events: 0, unanswered: 0 }
  assert.match(loadText(nothing, 'none'), /\nNot as it should be: nothing was posted\.\n/)
  assert.equal(JSON.parse(loadJson(nothing)).clean, false)
})

test('other bytes are well where they are meant', () => {
  const { farEnd } = clean
  assert.ok(farEnd)
  const redacted = { ...clean, alteredAllowed: true, farEnd: { ...farEnd, altered: 5 } }
  const text = loadText(redacted, 'topic')
  assert.match(text, /^altered +5 {2}other bytes than were posted, as a redaction policy makes them$/m)
  assert.match(text, /\nNothing was lost, and all came in order\.\n/)
  assert.equal(JSON.parse(loadJson(redacted)).clean, true)
})

test('where nobody looked the report does not say that nothing was lost', () => {
  const unseen = { ...clean, farEnd: undefined }
  assert.match(loadText(unseen, 'none'), /\nTaken; nobody looked what arrived/)
  assert.equal(JSON.parse(loadJson(unseen)).clean, null)
})

test('for programs it is one line that says whether all is well', () => {
  const { clean: well, farEnd, answerMs } = JSON.parse(loadJson(clean))
  assert.deepEqual([well, farEnd.arrived, answerMs.p99], [true, 12_000, 45.6])
  const nothing = JSON.parse(loadJson({ ...clean, answerMs: undefined, farEnd: undefined }))
  assert.deepEqual([nothing.farEnd, nothing.answerMs], [null, null])
})

test('the progress line names what is under way and what the gateway is at', () => {
  const progress = { taken: 1_200, total: 5_000, retries: 0, waiting: 0, trouble: undefined, posting: true }
  assert.equal(loadProgressText(progress, 123.4), '1,200 of 5,000 taken, 123/s')
  assert.equal(
    loadProgressText({ ...progress, total: undefined, retries: 2, waiting: 9, trouble: '503' }, 4.56),
    '1,200 taken, 4.6/s, 2 retries, 9 under way - the gateway: 503',
  )
  assert.equal(loadProgressText({ ...progress, waiting: 9, posting: false }, 1), '9 of 1,200 still to arrive')
  assert.equal(
    loadProgressText({ ...progress, posting: false }, 1),
    'all of 1,200 arrived; waiting for late repeats',
  )
})

test('what a gateway answers cannot move the cursor', () => {
  assert.match(loadText({ ...clean, answers: { '\u001b[2J': 1 } }, 'topic'), / {2}\\x1b\[2J: 1\n/)
})
