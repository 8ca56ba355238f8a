import assert from 'node:assert/strict'
import { test } from 'node:test'
import { letterJson } from '../../../src/cli/dlq-json.ts'
import { paceText } from '../../../src/cli/dlq-progress.ts'
import { shownText } from '../../../src/cli/dlq-shown.ts'
import { listText, planText, redriveText } from '../../../src/cli/dlq-text.ts'
import { RelayError } from '../../../src/errors.ts'
import type { DeadLetter } from '../../../src/operations/dead-letters.ts'
import type { ShownLetter } from '../../../src/operations/dead-letters-show.ts'

function letter(given: Partial<DeadLetter> = {}): DeadLetter {
  return {
    id: { partition: 0, offset: 12n },
    at: 1_700_000_003_000,
    key: 'team/app',
    repository: 'team/app',
    endpoint: 'hook',
    group: 'relay.hook',
    stage: 'deliver',
    code: 'DELIVERY_REFUSED',
    message: 'answered 422',
    attempts: 2,
    firstFailureAt: 1_700_000_001_000,
    lastFailureAt: 1_700_000_002_000,
    lastStatus: 422,
    source: { topic: 'events', partition: 3, offset: 42n, timestamp: 1_700_000_000_000 },
    fate: undefined,
    ...given,
  }
}

const redriven = letter({
  id: { partition: 1, offset: 3n },
  fate: { letter: { partition: 1, offset: 3n }, to: 'endpoint hook', at: 1_700_000_009_000 },
})

test('a list shows what is open, counts it by reason, and says what it leaves out', () => {
  const open = [letter(), letter({ code: 'RECORD_UNDECODABLE', lastStatus: undefined, repository: '' })]
  const text = listText('dead', { letters: [...open, redriven], others: 2 }, open)
  assert.equal(
    text,
    [
      'ID    WRITTEN AT            ENDPOINT  REPOSITORY  REASON              STATUS  ATTEMPTS  STATE',
      '0@12  2023-11-14T22:13:23Z  hook      team/app    DELIVERY_REFUSED    422     2         open',
      '0@12  2023-11-14T22:13:23Z  hook      -           RECORD_UNDECODABLE  -       2         open',
      '',
      '2 open in dead (1 redriven: --all shows them; 2 records of another kind)',
      '  DELIVERY_REFUSED    1',
      '  RECORD_UNDECODABLE  1',
    ].join('\n'),
  )
  assert.match(
    listText('dead', { letters: [redriven], others: 0 }, [redriven]),
    /redriven to endpoint hook\n\n0 open in dead$/,
  )
})

test('a line for programs has times as ISO texts and offsets as texts', () => {
  const line = JSON.parse(letterJson(redriven))
  assert.deepEqual(
    [line.id, line.at, line.source, line.redriven],
    [
      '1@3',
      '2023-11-14T22:13:23.000Z',
      { topic: 'events', partition: 3, offset: '42', timestamp: '2023-11-14T22:13:20.000Z' },
      { to: 'endpoint hook', at: '2023-11-14T22:13:29.000Z' },
    ],
  )
  assert.equal(JSON.parse(letterJson(letter({ at: Number.NaN }))).at, undefined)
})

test('what cannot be read is shown as hex, and no control character of a record reaches the terminal', () => {
  const value = Buffer.from('\u001b[2Jx')
  const headers = new Map([
    ['evil\u0007', [Buffer.from('\u001b]0;t')]],
    ['bytes', [Buffer.from([0xff])]],
  ])
  const record = { topic: 'dead', partition: 0, offset: 12n, key: null, value, headers, timestamp: 0 }
  const content = new RelayError('RECORD_UNDECODABLE', 'first byte is 27')
  const text = shownText('dead', { letter: letter({ key: 'a\u001bb' }), record, content })
  assert.match(text, /1b5b324a78/)
  assert.match(text, /evil\\x07 +\\x1b\]0;t/)
  assert.match(text, /bytes +hex ff/)
  assert.match(text, /key +a\\x1bb/)
  assert.ok(!text.includes('\u001b') && !text.includes('\u0007'))
})

test('a redrive says what it would do, and what became of it', () => {
  assert.match(
    planText([{ letter: letter(), name: 'hook' }], 'endpoint'),
    /0@12 .*-> endpoint hook\n\n1 dead letter would/,
  )
  const error = new RelayError('DELIVERY_REFUSED', 'answered 422')
  const to = 'endpoint hook'
  const outcomes = [
    { letter: letter(), to, result: 'redriven' },
    { letter: letter(), to, result: 'still dead', error },
    { letter: letter(), to, result: 'held back' },
  ] as const
  assert.match(
    redriveText(outcomes),
    /^1 redriven to endpoint hook, 1 still dead, 1 held back\.\n\nStill dead \(see registry-relay dlq list\):\n {2}0@12 {2}team\/app {2}DELIVERY_REFUSED {2}answered 422$/,
  )
  assert.match(redriveText(outcomes.slice(1)), /^0 redriven, 1 still dead, 1 held back\.\n/)
  assert.equal(redriveText([]), 'Nothing to redrive.')
})

test('a redrive to several endpoints says how many each of them got', () => {
  const outcomes = ['hook', 'audit', 'hook'].map(
    (name) => ({ letter: letter(), to: `endpoint ${name}`, result: 'redriven' }) as const,
  )
  assert.equal(redriveText(outcomes), '3 redriven (2 to endpoint hook, 1 to endpoint audit).')
})

test('the pace is shown from the first second on', () => {
  assert.deepEqual(paceText(50, 100, 999), [])
  assert.deepEqual(paceText(50, 100, 2_000), ['25/s', '2 s left'])
  assert.deepEqual(paceText(1, 10_000, 1_000), ['1.0/s', '3 h left'])
})

test('nothing that a record or an endpoint chose reaches the terminal as it is', () => {
  const evil = letter({
    repository: 'a\u202eb\nc',
    code: 'X\u001b[2J',
    endpoint: 'h\u200b',
    fate: { letter: { partition: 0, offset: 12n }, to: 'endpoint \u0007', at: 0 },
  })
  const error = new RelayError('DELIVERY_REFUSED', 'answered \u001b]0;t\u0007\u202e')
  const list = listText('dead', { letters: [evil], others: 0 }, [evil])
  const plan = planText([{ letter: evil, name: 'hook\u009b' }], 'endpoint')
  const dead = redriveText([{ letter: evil, to: 'endpoint hook', result: 'still dead', error }])
  const sent = redriveText([{ letter: evil, to: 'topic t\u001b', result: 'redriven' }])
  assert.match(list, /h\\u\{200b\} +a\\u\{202e\}b\\x0ac +X\\x1b\[2J .* redriven to endpoint \\x07\n/)
  assert.match(plan, /a\\u\{202e\}b\\x0ac +X\\x1b\[2J +-> endpoint hook\\x9b\n/)
  assert.match(dead, / {2}answered \\x1b\]0;t\\x07\\u\{202e\}$/)
  assert.equal(sent, '1 redriven to topic t\\x1b.')
})

test('an Envelope is shown line by line, and its marks of direction as numbers', () => {
  const record = {
    topic: 'dead',
    partition: 0,
    offset: 12n,
    key: null,
    value: null,
    headers: new Map(),
    timestamp: 0,
  }
  const content = { mediaType: 'application/json\u202e', body: '{\n "a": "\u2066"\n}' }
  const text = shownText('dead', { letter: letter(), record, content: content as ShownLetter['content'] })
  assert.match(text, /Envelope \(application\/json\\u\{202e\}\)\n\{\n "a": "\\u\{2066\}"\n\}$/)
})
