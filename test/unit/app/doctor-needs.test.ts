import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsOf } from '../../../src/app/doctor-needs.ts'
import { configSchema } from '../../../src/config/schema.ts'

const config = configSchema.parse({
  kafka: { brokers: ['k:9092'] },
  schemaRegistry: { url: 'http://r' },
  topics: {
    events: 'ev',
    deadLetters: 'dlq',
    rejected: 'rej',
    routes: [{ topic: 'pulls', actions: ['pull'] }],
  },
  bridge: { group: 'relay', endpoints: [{ name: 'audit', url: 'http://a' }] },
})
const shown = (services: Parameters<typeof needsOf>[1]): readonly string[] =>
  needsOf(config, services).map(({ kind, operation, resource }) => `${operation} ${kind} ${resource}`)

test('a gateway writes to the topics of events and to the one of what is rejected', () => {
  assert.deepEqual(shown({ gateway: true, bridge: false }), [
    'WRITE topic ev',
    'WRITE topic pulls',
    'WRITE topic rej',
  ])
})

test('a bridge reads the topics of events, writes dead letters and has a group for each endpoint and topic', () => {
  assert.deepEqual(shown({ gateway: false, bridge: true }), [
    'READ topic ev',
    'READ topic pulls',
    'WRITE topic dlq',
    'READ group relay.audit',
    'READ group relay.pulls.audit',
  ])
})
