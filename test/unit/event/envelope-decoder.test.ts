import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, isRelayError } from '../../../src/errors.ts'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import type { Event } from '../../../src/event/event.ts'
import type { Profile } from '../../../src/event/profile.ts'

const decode = (event: string, profile: Profile = 'gitlab'): Event | undefined =>
  decodeEnvelope(`{"events":[${event}]}`, profile).events[0]

function refuses(body: string, code: ErrorCode, message: RegExp, profile: Profile = 'gitlab'): void {
  assert.throws(
    () => decodeEnvelope(body, profile),
    (error) => isRelayError(error, code) && message.test(error.message),
    body,
  )
}

test('refuses what is no Envelope', () => {
  refuses('', 'NOT_AN_ENVELOPE', /not JSON/)
  refuses('[]', 'NOT_AN_ENVELOPE', /an array, not an object/)
  refuses('{"events":{}}', 'NOT_AN_ENVELOPE', /"events" is an object/)
  refuses('{"events":[{},3]}', 'NOT_AN_ENVELOPE', /events\[1\] is a number/)
  refuses('{"events":[1],"events":[]}', 'NOT_AN_ENVELOPE', /events\[0\]/)
  refuses(`{"zzz":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'NOT_AN_ENVELOPE', /nests deeper than 10000/)
})

test('names the place of a field it refuses, and not its value', () => {
  refuses(
    '{"events":[{},{"target":{"references":[{"size":"s3cret"}]}}]}',
    'EVENT_INVALID',
    /^(?!.*s3cret).*\/events\/1\/target\/references\/0\/size/,
  )
  refuses(
    '{"events":[{"actor":{"user":7}}]}',
    'EVENT_INVALID',
    /\/events\/0\/actor\/user: it is a number instead of text/,
  )
  refuses('{"events":[{"meta":{"a":{"b":1e400}}}]}', 'EVENT_INVALID', /out of range/)
  refuses(
    `{"events":[{"meta":{"a":${'['.repeat(1001)}${']'.repeat(1001)}}}]}`,
    'EVENT_INVALID',
    /deeper than 1000/,
  )
})

test('a document of null, and events of null, are no events', () => {
  assert.deepEqual(decodeEnvelope('null', 'gitlab'), { events: [] })
  assert.deepEqual(decodeEnvelope('{"events":[{}],"events":null}', 'gitlab'), { events: [] })
})

test('members that the profile does not know may have any type', () => {
  const event = '{"meta":1,"actor":{"user":2,"user_type":3},"target":{"rename":4,"tag":"t"}}'
  assert.deepEqual(decode(event, 'distribution-2'), { actor: {}, target: { tag: 't' } })
  assert.deepEqual(decode('{"target":{"data":5,"artifactType":6,"platform":{"features":7}}}'), {
    target: { platform: {} },
  })
  assert.deepEqual(decode('{"target":{"data":"AA==","artifactType":"a"}}', 'distribution-3'), {
    target: { data: 'AA==', artifactType: 'a' },
  })
})

test('repeated members are decoded into what the last one left', () => {
  assert.deepEqual(
    decode(
      '{"target":{"tag":"a","platform":{"os":"l"},"annotations":{"x":"1","y":"2"}},"TARGET":{"url":"b","platform":{"variant":"v"},"annotations":{"y":"3"}}}',
    ),
    {
      target: {
        tag: 'a',
        url: 'b',
        platform: { os: 'l', variant: 'v' },
        annotations: new Map([
          ['x', '1'],
          ['y', '3'],
        ]),
      },
    },
  )
  assert.deepEqual(decode('{"target":{"urls":["a","b"],"urls":[null]}}'), { target: { urls: ['a'] } })
  assert.deepEqual(
    decodeEnvelope('{"events":[{"id":"1","action":"a"},{}],"events":[{"id":"2"}]}', 'gitlab').events,
    [{ id: '2', action: 'a' }],
  )
})

test('null leaves texts, numbers and objects, and clears lists, maps and optional objects', () => {
  const before =
    '"id":"i","target":{"size":1,"tag":"t","urls":["u"],"annotations":{},"platform":{},"rename":{},"references":[{}]},"meta":{}'
  assert.deepEqual(decode(`{${before},"id":null,"target":null}`), decode(`{${before}}`))
  assert.deepEqual(
    decode(
      `{${before},"meta":null,"target":{"size":null,"tag":null,"urls":null,"annotations":null,"platform":null,"rename":null,"references":null}}`,
    ),
    { id: 'i', target: { size: 1, tag: 't' } },
  )
  assert.deepEqual(decode('{"target":{"data":"AA==","data":null}}', 'distribution-3'), { target: {} })
})

test('bytes may come as base64 with line breaks or as a list of numbers', () => {
  const data = (json: string) => decode(`{"target":{"data":${json}}}`, 'distribution-3')?.target?.data
  assert.equal(data('"+/\\r\\n8=\\n"'), '+/8=')
  assert.equal(data('"AB=="'), 'AA==')
  assert.equal(data('[123,125]'), 'e30=')
  assert.equal(data('[0,null,255]'), 'AAD/')
  for (const wrong of ['"e30"', '"e30-"', '"===="', '[256]', '[-1]', '[1.0]', '["1"]', '{}', 'true']) {
    refuses(`{"events":[{"target":{"data":${wrong}}}]}`, 'EVENT_INVALID', /target\/data/, 'distribution-3')
  }
})

test('meta is laid out as Go does it, keys sorted', () => {
  assert.deepEqual(
    decode('{"meta":{"blob":{"storageBackend":"s3<","redirected":true,"n":1.50,"none":{},"list":[ ]}}}')
      ?.meta,
    new Map([
      [
        'blob',
        '{\n               "list": [],\n               "n": 1.5,\n               "none": {},\n               "redirected": true,\n               "storageBackend": "s3\\u003c"\n            }',
      ],
    ]),
  )
})

test('lone surrogates and bytes that are no UTF-8 become U+FFFD', () => {
  assert.equal(decode('{"id":"\\ud800x\\udc00"}')?.id, '\ufffdx\ufffd')
  assert.equal(decode('{"id":"\ud800"}')?.id, '\ufffd')
  const body = Buffer.concat([
    Buffer.from('{"events":[{"id":"'),
    Buffer.from([0xe2, 0x80]),
    Buffer.from('"}]}'),
  ])
  assert.equal(decodeEnvelope(body, 'gitlab').events[0]?.id, '\ufffd\ufffd')
})
