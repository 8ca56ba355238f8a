import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import { goJson } from '../../../src/event/go-json.ts'
import { goldenBodies } from '../../support/notification-fixtures.ts'

test('lays out a value for meta as the registry does', () => {
  const golden = goldenBodies().find(
    ({ body }) => body.includes('"storageBackend"') && body.includes('"redirected"'),
  )
  const backend = /"storageBackend": "(.*)"/.exec(golden?.body.toString() ?? '')?.[1] ?? ''
  const text = encodeEnvelope(
    [{ meta: new Map([['blob', goJson({ storageBackend: backend, redirected: true })]]) }],
    'gitlab',
  )
  const metaOf = (envelope: string): string => envelope.slice(envelope.indexOf('"meta"'))
  assert.ok(backend)
  assert.equal(metaOf(text), metaOf(golden?.body.toString() ?? ''))
})

test('objects keep their order, maps are sorted by bytes', () => {
  assert.equal(goJson({ b: 1, a: 2 }, 0), '{\n   "b": 1,\n   "a": 2\n}')
  const map = new Map([
    ['\ue000', 1],
    ['\u{1f600}', 2],
    ['9', 3],
    ['10', 4],
  ])
  assert.deepEqual(
    [...goJson(map, 0).matchAll(/: (\d)/g)].map((match) => match[1]),
    ['4', '3', '1', '2'],
  )
})

test('prints numbers as Go prints doubles', () => {
  const texts: readonly [number | bigint, string][] = [
    [1, '1'],
    [-0, '-0'],
    [1e20, '100000000000000000000'],
    [1e21, '1e+21'],
    [1e-6, '0.000001'],
    [1e-7, '1e-7'],
    [Number('123456789012345678901234567890'), '1.2345678901234568e+29'],
    [9223372036854775807n, '9223372036854775807'],
  ]
  for (const [value, text] of texts) assert.equal(goJson(value), text)
})

test('empty lists and objects stay on their line', () => {
  assert.equal(
    goJson({ a: [], b: {}, c: new Map(), d: [null, true] }, 1),
    '{\n      "a": [],\n      "b": {},\n      "c": {},\n      "d": [\n         null,\n         true\n      ]\n   }',
  )
})

test('refuses what JSON has no text for', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.throws(
      () => goJson([value]),
      (error) => isRelayError(error, 'EVENT_INVALID'),
    )
  }
})
