import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { goldenBodies } from '../../support/notification-fixtures.ts'

const bodies = goldenBodies()

test('decoding and encoding gives the same bytes exactly where Go gets the same bytes', () => {
  const counts: Record<string, number> = {}
  for (const { set, profile, case: number, description, goReencodes, body } of bodies) {
    const again = encodeEnvelope(decodeEnvelope(body, profile).events, profile)
    const outcome = again === body.toString() ? 'same' : 'differs'
    assert.equal(outcome, goReencodes, `${set} ${number}: ${description}`)
    counts[`${set} ${outcome}`] = (counts[`${set} ${outcome}`] ?? 0) + 1
  }
  assert.deepEqual(counts, {
    'distribution-2.8.3 same': 75,
    'distribution-2.8.3 differs': 73,
    'distribution-3.1.1 same': 74,
    'distribution-3.1.1 differs': 72,
    'gitlab-4.32.0 same': 81,
    'gitlab-4.32.0 differs': 64,
  })
})

/**
 * Gives back to the text what the registry had in memory: bytes that are no UTF-8, which the model writes as lone
 * surrogates. Each gets one of its own, as keys that only differ in such bytes are different keys.
 */
function asInMemory(text: string): string {
  let next = 0xdc00
  return text.replace(
    /(?<!\\)((?:\\\\)*)\\ufffd/g,
    (_, before: string) => `${before}\\u${(next++).toString(16)}`,
  )
}

/** Cases whose events the text does not tell, so that no decoder could encode them the same. */
const undecidable = new Map([
  ['distribution-3.1.1 159', 'the event is null'],
  ['distribution-3.1.1 219', 'annotation keys sorted by invalid bytes that the text does not show'],
  ['gitlab-4.32.0 245', 'as above'],
  ['gitlab-4.32.0 249', 'as above'],
  ['gitlab-4.32.0 261', 'as above'],
  ['gitlab-4.32.0 275', 'as above'],
])

test('the encoder writes what the encoders of the registries wrote, byte for byte', () => {
  const failed: string[] = []
  for (const { set, profile, case: number, body } of bodies) {
    const text = asInMemory(body.toString())
    const events = text.includes('[\n      null')
      ? []
      : readEnvelope(Buffer.from(text)).events.map(({ event }) => event)
    if (encodeEnvelope(events, profile) !== body.toString()) failed.push(`${set} ${number}`)
  }
  assert.deepEqual(failed, [...undecidable.keys()])
})

test('an Envelope of several events is split into Envelopes around the verbatim text of each', () => {
  const several = bodies
    .filter(({ body }) => !body.includes('[\n      null'))
    .map(({ body }) => ({ body, received: readEnvelope(body).events }))
    .filter(({ received }) => received.length > 1)
  assert.ok(several.length >= 3)
  for (const { body, received } of several) {
    const slices = received.map(
      ({ envelopeText }) => /^\{\n {3}"events": \[\n {6}(.*)\n {3}\]\n\}$/s.exec(envelopeText)?.[1],
    )
    assert.equal(`{\n   "events": [\n      ${slices.join(',\n      ')}\n   ]\n}`, body.toString())
  }
})
