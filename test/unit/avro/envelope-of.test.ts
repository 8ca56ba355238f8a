import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelopeOf } from '../../../src/avro/envelope-of.ts'
import { isRelayError } from '../../../src/errors.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { eventsMediaTypeV1, eventsMediaTypeV2 } from '../../../src/event/media-types.ts'

const event = { id: 'an id', target: { digest: 'd', size: 1, mediaType: 'm' } }

test('the kept text goes before the typed fields', () => {
  assert.deepEqual(
    envelopeOf({ event, rawEnvelope: '{"events":[{}]}', ingest: { contentType: 'text/json' } }),
    {
      body: '{"events":[{}]}',
      mediaType: 'text/json',
    },
  )
})

test('without a text the profile writes it, under the media type received or else its own', () => {
  assert.deepEqual(envelopeOf({ event, ingest: { profile: 'gitlab' } }), {
    body: encodeEnvelope([event], 'gitlab'),
    mediaType: eventsMediaTypeV1,
  })
  const contentType = `${eventsMediaTypeV2}; charset=utf-8`
  assert.equal(
    envelopeOf({ event, ingest: { profile: 'distribution-3', contentType } }).mediaType,
    contentType,
  )
})

test('a record of another publisher, with neither text nor profile, gets the likeliest', () => {
  assert.deepEqual(envelopeOf({ event }), {
    body: encodeEnvelope([event], 'distribution-3'),
    mediaType: eventsMediaTypeV2,
  })
  assert.equal(
    envelopeOf({ event, ingest: { contentType: eventsMediaTypeV1 } }).body,
    encodeEnvelope([event], 'distribution-2'),
  )
})

test('a profile of a newer relay is not guessed at, unless the text is there', () => {
  const ingest = { profile: 'distribution-9' }
  assert.throws(
    () => envelopeOf({ event, ingest }),
    (error) => isRelayError(error, 'RECORD_UNDECODABLE'),
  )
  assert.equal(envelopeOf({ event, ingest, rawEnvelope: '{}' }).body, '{}')
})
