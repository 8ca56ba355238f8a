import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { sameEvent } from '../../../src/avro/same-event.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { profiles } from '../../../src/event/profile.ts'
import { arbitraryEvent } from '../../support/arbitrary-event.ts'

test('an event is the same as its copy, and then every Envelope of both is the same', () => {
  let same = 0
  fc.assert(
    fc.property(arbitraryEvent, (event) => {
      const copy = structuredClone(event)
      assert.ok(sameEvent(event, copy))
      for (const profile of profiles)
        assert.equal(encodeEnvelope([event], profile), encodeEnvelope([copy], profile))
      same += 1
    }),
  )
  assert.ok(same >= 100)
})

test('two events that any profile writes differently are never the same', () => {
  let different = 0
  fc.assert(
    fc.property(arbitraryEvent, arbitraryEvent, (one, other) => {
      if (profiles.every((profile) => encodeEnvelope([one], profile) === encodeEnvelope([other], profile)))
        return
      different += 1
      assert.equal(sameEvent(one, other), false)
    }),
  )
  assert.ok(different > 50)
})

for (const [what, one, other] of [
  ['another text', { target: { tag: 'a' } }, { target: { tag: 'b' } }],
  ['a member that is missing', { target: { tag: 'a' } }, { target: {} }],
  ['one more member', { action: 'push' }, { action: 'push', id: '1' }],
  ['a number and the same as bigint', { target: { size: 1 } }, { target: { size: 1n } }],
  [
    'another order of a map',
    {
      meta: new Map([
        ['a', '1'],
        ['b', '2'],
      ]),
    },
    {
      meta: new Map([
        ['b', '2'],
        ['a', '1'],
      ]),
    },
  ],
  ['another value in a map', { meta: new Map([['a', '1']]) }, { meta: new Map([['a', '2']]) }],
  ['fewer items in a list', { target: { urls: ['a', 'b'] } }, { target: { urls: ['a'] } }],
  [
    'a list and an empty record',
    { target: { references: [{}] } },
    { target: { references: [{ digest: 'x' }] } },
  ],
] as const) {
  test(`${what} is not the same, from either side`, () => {
    assert.equal(sameEvent(one, other), false)
    assert.equal(sameEvent(other, one), false)
  })
}
