import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DeliveredAt, Journeys } from '../../../src/app/journey.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'

const contentType = 'application/vnd.docker.distribution.events.v2+json'

function envelope(id: string | undefined): Buffer {
  const event = { ...(id === undefined ? {} : { id }), action: 'push', target: { repository: 'team/app' } }
  return Buffer.from(encodeEnvelope([event], 'distribution-3'))
}

function delivery(id: string | undefined, body: Buffer): DeliveredAt {
  const where = { topic: 't', partition: 3, offset: '7', schemaId: 1 }
  return { id, repository: 'team/app', action: 'push', body: body.toString(), ...where }
}

test('an event that arrives as it departed is identical, with the time between', () => {
  const journeys = new Journeys()
  const body = envelope('e1')
  journeys.departed(body, contentType, 100)
  journeys.arrived('e1', { body, contentType })
  assert.deepEqual(journeys.delivered(delivery('e1', body), 112.34), {
    id: 'e1',
    repository: 'team/app',
    action: 'push',
    topic: 't',
    partition: 3,
    offset: '7',
    schemaId: 1,
    identical: true,
    latencyMs: 12.3,
    bytes: body.length,
  })
})

test('one byte more, or another media type, is not identical', () => {
  const journeys = new Journeys()
  const body = envelope('e1')
  for (const arrival of [
    { body: Buffer.concat([body, Buffer.from('\n')]), contentType },
    { body, contentType: 'application/json' },
  ]) {
    journeys.departed(body, contentType, 0)
    journeys.arrived('e1', arrival)
    assert.equal(journeys.delivered(delivery('e1', body), 1)?.identical, false)
  }
})

test('what the receiver never saw has not travelled, whatever the bridge says', () => {
  const journeys = new Journeys()
  journeys.departed(envelope('e1'), contentType, 0)
  assert.equal(journeys.delivered(delivery('e1', envelope('e1')), 1), undefined)
})

test('an event that its registry posted again counts from the first time, and only once', () => {
  const journeys = new Journeys()
  const body = envelope('e1')
  journeys.departed(body, contentType, 0)
  journeys.departed(body, contentType, 50)
  journeys.arrived('e1', { body, contentType })
  assert.equal(journeys.delivered(delivery('e1', body), 60)?.latencyMs, 60)
  journeys.arrived('e1', { body, contentType })
  assert.equal(journeys.delivered(delivery('e1', body), 70), undefined)
})

test('an event without an id is followed by its text', () => {
  const journeys = new Journeys()
  const body = envelope(undefined)
  journeys.departed(body, contentType, 0)
  journeys.arrived(undefined, { body, contentType })
  assert.equal(journeys.delivered(delivery(undefined, body), 1)?.identical, true)
})
