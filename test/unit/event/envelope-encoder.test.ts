import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { type Profile, profiles } from '../../../src/event/profile.ts'

const full: Event = {
  id: 'i',
  timestamp: '2024-05-06T07:08:09.12+02:00',
  action: 'push',
  target: {
    mediaType: 'm',
    digest: 'd',
    size: 1,
    urls: ['u'],
    annotations: new Map([
      ['b', '1'],
      ['10', '2'],
      ['9', '3'],
    ]),
    data: 'e30=',
    platform: {
      architecture: 'a',
      os: 'o',
      osVersion: '1',
      osFeatures: ['f'],
      variant: 'v',
      features: ['g'],
    },
    artifactType: 't',
    rename: { type: 'name', from: 'f', to: 't' },
    length: 1,
    repository: 'r',
    fromRepository: 'f',
    url: 'u',
    tag: 't',
    references: [{ size: 2 }, {}],
  },
  request: { id: 'i', addr: 'a', host: 'h', method: 'GET', useragent: 'u' },
  actor: { name: 'n', userType: 'build', user: 'jwt' },
  source: { addr: 'a', instanceID: 'i' },
  meta: new Map([
    ['c', '1'],
    ['blob', 'null'],
  ]),
}

const platform = '"platform":{"architecture":"a","os":"o","os.version":"1","os.features":["f"],"variant":"v"}'
const annotations = '"annotations":{"10":"2","9":"3","b":"1"}'
const rest = '"length":1,"repository":"r","fromRepository":"f","url":"u","tag":"t"'
const head = '{"events":[{"id":"i","timestamp":"2024-05-06T07:08:09.12+02:00","action":"push","target":{'
const request = '"request":{"id":"i","addr":"a","host":"h","method":"GET","useragent":"u"}'
const source = '"source":{"addr":"a","instanceID":"i"}'

const distribution2 =
  `${head}"mediaType":"m","size":1,"digest":"d","urls":["u"],${annotations},${platform},${rest},` +
  `"references":[{"size":2},{}]},${request},"actor":{"name":"n"},${source}}]}`

const expected: Readonly<Record<Profile, string>> = {
  'distribution-2': distribution2,
  'distribution-2-go1.22': distribution2,
  'distribution-3':
    `${head}"mediaType":"m","digest":"d","size":1,"urls":["u"],${annotations},"data":"e30=",${platform},"artifactType":"t",${rest},` +
    '"references":[{"mediaType":"","digest":"","size":2},{"mediaType":"","digest":"","size":0}]},' +
    `${request},"actor":{"name":"n"},${source}}]}`,
  gitlab:
    `${head}"mediaType":"m","size":1,"digest":"d","urls":["u"],${annotations},${platform},` +
    `"rename":{"type":"name","from":"f","to":"t"},${rest},"references":[{"size":2},{}]},` +
    `${request},"actor":{"name":"n","user_type":"build","user":"jwt"},${source},"meta":{"blob":null,"c":1}}]}`,
}

/** Without the layout: what is left is order, omission and spelling. */
function compact(text: string): string {
  return text.replace(/\n */g, '').replaceAll('": ', '":')
}

test('members stand in the order of the Go types of each profile, unknown ones left out', () => {
  for (const profile of profiles) {
    assert.equal(compact(encodeEnvelope([full], profile)), expected[profile], profile)
  }
})

test('the layout is three spaces a level, one after the colon, no line break at the end', () => {
  // Integer-like keys are out of the way of JSON.parse, which would move them.
  const event = { ...full, target: { ...full.target, annotations: new Map([['a', '<']]) } }
  for (const profile of profiles) {
    const text = encodeEnvelope([event, event], profile)
    assert.equal(
      text,
      JSON.stringify(JSON.parse(text), null, '   ').replace('<', '\\u003c').replace('<', '\\u003c'),
    )
  }
})

test('an empty event has the members that are never left out', () => {
  const empty = (target: string) =>
    `{"events":[{"timestamp":"0001-01-01T00:00:00Z","target":${target},` +
    '"request":{"id":"","method":"","useragent":""},"actor":{},"source":{}}]}'
  assert.equal(compact(encodeEnvelope([{}], 'distribution-2')), empty('{}'))
  assert.equal(compact(encodeEnvelope([{}], 'gitlab')), empty('{}'))
  assert.equal(
    compact(encodeEnvelope([{}], 'distribution-3')),
    empty('{"mediaType":"","digest":"","size":0}'),
  )
})

test('empty values are left out as absent ones, but for platform and rename', () => {
  const hollow: Event = {
    id: '',
    action: '',
    target: {
      mediaType: '',
      size: 0,
      digest: '',
      urls: [],
      annotations: new Map(),
      data: '',
      platform: { osVersion: '', osFeatures: [], variant: '' },
      artifactType: '',
      rename: {},
      length: 0n,
      repository: '',
      fromRepository: '',
      url: '',
      tag: '',
      references: [],
    },
    request: { addr: '', host: '' },
    actor: { name: '', userType: '', user: '' },
    source: { addr: '', instanceID: '' },
    meta: new Map(),
  }
  assert.equal(
    compact(encodeEnvelope([hollow], 'gitlab')),
    '{"events":[{"timestamp":"0001-01-01T00:00:00Z","target":{"platform":{"architecture":"","os":""},"rename":{}},' +
      '"request":{"id":"","method":"","useragent":""},"actor":{},"source":{}}]}',
  )
})

test('no events are an empty object', () => {
  for (const profile of profiles) assert.equal(encodeEnvelope([], profile), '{}')
})

test('64-bit integers are printed in full, and nothing else is taken for one', () => {
  const sizeText = (size: number | bigint) =>
    /"size": (.*),/.exec(encodeEnvelope([{ target: { size, tag: 't' } }], 'distribution-2'))?.[1]
  assert.equal(sizeText(-1), '-1')
  assert.equal(sizeText(2n ** 63n - 1n), '9223372036854775807')
  assert.equal(sizeText(-(2n ** 63n)), '-9223372036854775808')
  for (const wrong of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2n ** 63n]) {
    assert.throws(
      () => sizeText(wrong),
      (error) => isRelayError(error, 'EVENT_INVALID'),
      String(wrong),
    )
  }
})

test('backspace and form feed are spelled by the Go version of the profile', () => {
  const idText = (profile: Profile) =>
    /"id": "(.*)",\n {9}"ti/.exec(encodeEnvelope([{ id: '\b\f' }], profile))?.[1]
  assert.equal(idText('distribution-2'), '\\u0008\\u000c')
  for (const profile of ['distribution-2-go1.22', 'distribution-3', 'gitlab'] as const) {
    assert.equal(idText(profile), '\\b\\f')
  }
})
