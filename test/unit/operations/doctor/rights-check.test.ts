import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Rights } from '../../../../src/kafka/rights-port.ts'
import type { Seen } from '../../../../src/operations/doctor/check.ts'
import { type Need, rightsCheck } from '../../../../src/operations/doctor/rights-check.ts'

const needs: readonly Need[] = [
  { kind: 'topic', resource: 'events', operation: 'WRITE', without: 'nothing is published' },
  { kind: 'topic', resource: 'events', operation: 'READ', without: 'nothing is delivered' },
  { kind: 'group', resource: 'relay.audit', operation: 'READ', without: 'audit gets nothing' },
]
const all: Rights = new Set(['READ', 'WRITE', 'DESCRIBE'])

function see(topics: Rights, group: Rights, idempotent = true): Promise<readonly Seen[]> {
  return rightsCheck({
    needs,
    produces: true,
    rights: {
      brokers: async () => [],
      onTopics: async () => new Map(),
      onGroups: async () => new Map([['relay.audit', group]]),
      mayProduceIdempotently: async () => idempotent,
      close: async () => {},
    },
    rightsOnTopics: async () => new Map([['events', topics]]),
    principal: 'User:relay',
    bootstrap: 'kafka-1:9092',
  }).run()
}

test('what is granted is one line', async () => {
  assert.deepEqual(await see(all, all), [
    { state: 'ok', text: 'may write to events; read events; use the consumer groups relay.audit' },
  ])
})

test('what is denied says what fails without it, and the command that grants it', async () => {
  const seen = await see(new Set(['READ', 'DESCRIBE']), new Set())
  assert.deepEqual(
    seen.map(({ state }) => state),
    ['ok', 'error', 'error'],
  )
  assert.equal(seen[1]?.text, 'User:relay may not WRITE the topic events: nothing is published')
  assert.match(
    String(seen[1]?.todo),
    /^kafka-acls\.sh --bootstrap-server kafka-1:9092 --add --allow-principal 'User:relay' --operation Write --topic events/,
  )
  assert.match(String(seen[2]?.todo), /--operation Read --group relay\.audit/)
})

test('a producer that gets no id is an error of its own', async () => {
  const seen = (await see(all, all, false)).at(-1)
  assert.equal(seen?.state, 'error')
  assert.match(String(seen?.todo), /--operation IdempotentWrite --cluster/)
})

test('what is not known is a note: rights on a topic that is missing, and what the brokers do not tell', async () => {
  assert.deepEqual(
    (await see('missing', 'unknown')).map(({ state, text }) => [state, text]),
    [
      ['note', 'not known: whether the group relay.audit may be used; this cluster has kept no group yet'],
      ['note', 'not known: rights on events, which is missing'],
    ],
  )
  // Also beside rights that are known: what is granted is not all.
  assert.deepEqual(
    (await see('missing', all)).map(({ state }) => state),
    ['ok', 'note'],
  )
  assert.match(
    String((await see('unknown', all)).at(-1)?.text),
    /rights on events; brokers before Kafka 2\.3/,
  )
})
