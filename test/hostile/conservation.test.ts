import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { lossOf } from './conservation.ts'
import type { Kept, KeptEvent, KeptRejected } from './kept.ts'

const limit = 1_000

function event(envelope: string, index = 0, count = 1): KeptEvent {
  return { kind: 'event', request: 1, id: undefined, envelope, index, count }
}

function element(slice: string, index: number, count: number): KeptEvent {
  return event(`{\n   "events": [\n      ${slice}\n   ]\n}`, index, count)
}

function rejected(text: string, reason: string, index?: number): KeptRejected {
  const value = Buffer.from(text)
  const sha256 = createHash('sha256').update(value).digest('hex')
  return { kind: 'rejected', request: 1, reason, value, content: 'whole', bytes: value.length, sha256, index }
}

const single = '{"events":[{"id":"a"}]}'
const mixed = '{ "events" : [{"id":"a"}, 1 ,{"id":"b"}]}'
const broken = '{"events":[{"id":"a"}'
const more = '{"version":2,"events":[{"id":"a"},{"id":"b"}]}'
const all = [element('{"id":"a"}', 0, 3), rejected('1', 'NOT_AN_EVENT', 1), element('{"id":"b"}', 2, 3)]

const nothingLost: readonly (readonly [body: string, kept: readonly Kept[]])[] = [
  [single, [event(single)]],
  [mixed, all],
  [mixed, all.toReversed()],
  [broken, [rejected(broken, 'NOT_AN_ENVELOPE')]],
  ['{}', []],
  ['{"EVENTS": [ ]}', []],
  [more, [element('{"id":"a"}', 0, 2), element('{"id":"b"}', 1, 2), rejected(more, 'MORE_THAN_EVENTS')]],
]

const lost: Readonly<Record<string, readonly [body: string, kept: readonly Kept[]]>> = {
  nothing: [single, []],
  'a byte': [single, [event(single.replace('a', 'b'))]],
  'twice the same': [single, [event(single), event(single)]],
  'rejected, and an Envelope': [single, [rejected(single, 'NOT_AN_ENVELOPE')]],
  'rejected for a defect': [broken, [rejected(broken, 'INTERNAL')]],
  'rejected bytes': [broken, [rejected(`${broken} `, 'NOT_AN_ENVELOPE')]],
  'another digest': [broken, [{ ...rejected(broken, 'NOT_AN_ENVELOPE'), sha256: '' }]],
  'the last element': [mixed, all.slice(0, 2)],
  'an element in the middle': [mixed, [...all.slice(0, 1), ...all.slice(2)]],
  'the order of elements': [
    mixed,
    [element('{"id":"b"}', 0, 3), ...all.slice(1, 2), element('{"id":"a"}', 2, 3)],
  ],
  'an event, as no event': [mixed, [rejected('{"id":"a"}', 'NOT_AN_EVENT', 0), ...all.slice(1)]],
  'one element too many': [mixed, [...all, element('{"id":"c"}', 3, 4)]],
  'what stands before the events': [more, [element('{"id":"a"}', 0, 2), element('{"id":"b"}', 1, 2)]],
  'an event beside a whole': [more, [element('{"id":"a"}', 0, 2), rejected(more, 'MORE_THAN_EVENTS')]],
  'no event beside a whole': [more, [rejected(more, 'MORE_THAN_EVENTS')]],
  'too large, and another beginning': [
    'x'.repeat(limit + 1),
    [{ ...rejected('x'.repeat(limit + 1), 'TOO_LARGE'), content: 'beginning', value: Buffer.from('y') }],
  ],
}

test('finds nothing missing where all of a body was kept', () => {
  for (const [body, kept] of nothingLost)
    assert.equal(lossOf(Buffer.from(body), kept, limit), undefined, body)
})

test('finds whatever was lost, changed, added or kept as what it is not', () => {
  for (const [what, [body, kept]] of Object.entries(lost)) {
    assert.notEqual(lossOf(Buffer.from(body), kept, limit), undefined, what)
  }
})
