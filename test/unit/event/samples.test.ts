import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { candidateProfiles } from '../../../src/event/profile.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'

interface Sample {
  readonly registry: string
  readonly contentType: string
  readonly body: string
}

const samples = readFileSync(new URL('../../../samples/notifications.jsonl', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Sample)
const events = samples.map(({ registry, contentType, body }) => {
  const [received] = readEnvelope(Buffer.from(body)).events
  assert.ok(received)
  return { ...received, registry, contentType }
})

test('the samples show every action of three registries, each event once', () => {
  assert.equal(samples.length, 20)
  assert.equal(new Set(events.map(({ event }) => event.id)).size, 20)
  assert.deepEqual([...new Set(events.map(({ event }) => event.action))].toSorted(), [
    'delete',
    'mount',
    'pull',
    'push',
    'rename',
  ])
  assert.deepEqual(new Set(samples.map(({ registry }) => registry)).size, 3)
})

test('the samples are recorded bodies, but for the rename, and hold no token', () => {
  const recorded = new Set(
    recordedBodies().map(({ set, contentType, body }) => `${set} ${contentType} ${body}`),
  )
  const others = samples.filter(
    ({ registry, contentType, body }) => !recorded.has(`${registry} ${contentType} ${body}`),
  )
  assert.deepEqual(
    others.map(({ body }) => readEnvelope(Buffer.from(body)).events[0]?.event.action),
    ['rename'],
  )
  assert.ok(events.every(({ event }) => event.actor?.user === undefined))
})

test('no repository appears under two registries, so that order per repository can be told', () => {
  const registryOf = new Map<string, string>()
  for (const { event, registry } of events) {
    const repository = event.target?.repository ?? ''
    assert.equal(registryOf.get(repository) ?? registry, registry)
    registryOf.set(repository, registry)
  }
})

test('the events of a repository are in the order they happened', () => {
  const last = new Map<string, number>()
  for (const { event } of events) {
    const repository = event.target?.repository ?? ''
    const time = Date.parse(event.timestamp ?? '')
    assert.ok(time >= (last.get(repository) ?? 0), repository)
    last.set(repository, time)
  }
})

test('one sample comes back exact only from its verbatim text', () => {
  const odd = events.filter(({ event, envelopeText, contentType }) =>
    candidateProfiles(contentType, event).every(
      (profile) => encodeEnvelope([event], profile) !== envelopeText,
    ),
  )
  assert.equal(odd.length, 1)
})
