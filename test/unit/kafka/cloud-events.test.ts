import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../../src/event/event.ts'
import { cloudEventHeaders } from '../../../src/kafka/cloud-events.ts'

const push: Event = {
  id: 'a5f2',
  timestamp: '2026-03-04T05:06:07.123456789+01:00',
  action: 'push',
  target: { repository: 'team/app', tag: '1.0', digest: 'sha256:ab' },
  request: { host: 'registry.example.test:5000' },
  source: { addr: 'node-3:5000' },
}

function headersOf(event: Event | undefined, key = 'team/app', datum = 'datum'): Record<string, string> {
  const made = cloudEventHeaders({ event, datum: Buffer.from(datum), key })
  assert.ok(typeof made !== 'string', `none: ${made}`)
  return made
}

function problemOf(event: Event | undefined): string {
  const made = cloudEventHeaders({ event, datum: Buffer.alloc(0), key: '' })
  assert.ok(typeof made === 'string')
  return made
}

test('an event has all attributes of CloudEvents that it can have', () => {
  assert.deepEqual(headersOf(push, 'eu/team/app'), {
    ce_specversion: '1.0',
    ce_id: 'a5f2',
    ce_source: '//registry.example.test:5000',
    ce_type: 'io.registry.event.push.v1',
    ce_time: '2026-03-04T05:06:07.123456789+01:00',
    ce_subject: 'team/app:1.0',
    ce_partitionkey: 'eu/team/app',
    'content-type': 'application/avro',
  })
})

test('the source is the host that was asked, else the registry that tells', () => {
  assert.equal(headersOf({ ...push, request: {} })['ce_source'], '//node-3:5000')
  for (const host of ['[2001:db8::1]:5000', '10.0.0.1', 'registry_1']) {
    assert.equal(headersOf({ ...push, request: { host } })['ce_source'], `//${host}`)
  }
  for (const host of ['', 'a b', 'a/../b', 'user@host', 'host:port', 'ü.example']) {
    assert.equal(headersOf({ ...push, request: { host } })['ce_source'], '//node-3:5000', host)
  }
})

test('the subject is the tag, else the digest, else the repository', () => {
  const subjectOf = (target: Event['target']): string | undefined =>
    headersOf({ ...push, ...(target === undefined ? {} : { target }) })['ce_subject']
  assert.equal(subjectOf({ repository: 'r', digest: 'sha256:ab' }), 'r@sha256:ab')
  assert.equal(subjectOf({ repository: 'r' }), 'r')
  assert.equal(subjectOf({ digest: 'sha256:ab' }), undefined)
})

test('an attribute that is optional and would break the rules is left out, the event stays one', () => {
  for (const timestamp of [
    'yesterday',
    '2026-03-04T5:06:07Z',
    '2026-02-30T05:06:07Z',
    '2026-03-04T05:06:07+24:00',
  ]) {
    assert.equal(headersOf({ ...push, timestamp })['ce_time'], undefined, timestamp)
  }
  const odd = headersOf({ ...push, target: { repository: 'a\u0007b' } }, 'x'.repeat(5_000))
  assert.equal(odd['ce_subject'], undefined)
  assert.equal(odd['ce_partitionkey'], undefined)
  assert.equal(headersOf(push, '')['ce_partitionkey'], undefined)
})

test('an event without a usable id gets one from its datum, the same each time it is made', () => {
  const { id: _id, ...anonymous } = push
  for (const event of [
    anonymous,
    { ...push, id: '' },
    { ...push, id: 'x'.repeat(5_000) },
    { ...push, id: 'a\nb' },
  ]) {
    const { ce_id: id } = headersOf(event)
    assert.match(id ?? '', /^sha256:[0-9a-f]{64}$/)
    assert.equal(headersOf(event)['ce_id'], id)
    assert.notEqual(headersOf(event, 'team/app', 'received another time')['ce_id'], id)
  }
})

test('without a source or a type there is no event in the sense of CloudEvents, and no header at all', () => {
  const { request: _request, source: _source, ...nowhere } = push
  assert.equal(problemOf(nowhere), 'no-source')
  assert.equal(problemOf({ ...nowhere, source: { addr: 'x'.repeat(5_000) } }), 'no-source')
  for (const action of [undefined, '', 'a\u0000b', 'x'.repeat(5_000)]) {
    const { action: _action, ...rest } = push
    assert.equal(problemOf(action === undefined ? rest : { ...rest, action }), 'no-type')
  }
  assert.equal(problemOf(undefined), 'unreadable')
})
