import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Profile } from '../../../src/event/profile.ts'
import { decodeCases, goldenSetNames, goldenSets } from '../../support/notification-fixtures.ts'

/** Every difference from Go, and why it is wanted. */
const differences: Readonly<Record<string, string>> = {
  'timestamp: 2024-05-06T07:08:09+24:00 / distribution-3.1.1':
    'Go decodes it and then refuses to encode it; a text that came in is given back instead.',
  'timestamp: 2024-05-06T07:08:09+24:00 / gitlab-4.32.0': 'The same.',
}

function decodeAndEncode(input: Buffer, profile: Profile): string | undefined {
  try {
    return encodeEnvelope(decodeEnvelope(input, profile).events, profile)
  } catch (error) {
    assert.ok(isRelayError(error, 'NOT_AN_ENVELOPE') || isRelayError(error, 'EVENT_INVALID'), String(error))
    return undefined
  }
}

test('accepts, refuses and re-encodes as Go does, but for the listed differences', () => {
  const found: string[] = []
  let compared = 0
  for (const { label, input, results } of decodeCases()) {
    for (const set of goldenSetNames()) {
      const go = results[set]
      if (go === undefined) continue
      compared++
      const expected = 'reencoded' in go ? go.reencoded : 'error' in go ? undefined : null
      if (decodeAndEncode(input, goldenSets[set]) !== expected) found.push(`${label} / ${set}`)
    }
  }
  assert.equal(compared, 3 * 142)
  assert.deepEqual(found, Object.keys(differences))
})
