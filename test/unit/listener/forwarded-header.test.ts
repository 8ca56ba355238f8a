import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseForwarded } from '../../../src/listener/forwarded-header.ts'

const cases: readonly (readonly [header: string, expected: object])[] = [
  ['', {}],
  ['host=a.test;proto=https', { host: 'a.test', proto: 'https' }],
  ['For=192.0.2.43; PROTO=https ; Host="a.test:88"', { host: 'a.test:88', proto: 'https' }],
  ['host="[2001:db8::17]:4711"', { host: '[2001:db8::17]:4711' }],
  ['host="a\\"b\\\\c"', { host: 'a"b\\c' }],
  ['host=a.test, host=b.test', { host: 'a.test' }],
  ['host="a,b;c", host=b.test', { host: 'a,b;c' }],
  ['for=unknown,host=b.test', {}],
  [', host=b.test', {}],
  ['host=a.test;', { host: 'a.test' }],
  ['host=""', {}],
  ['host', {}],
  ['host=', {}],
  ['host=a.test:88', {}],
  ['host="a.test', {}],
  ['host="a\\', {}],
  ['host=a.test proto=https', {}],
  ['host=a.test;host=b.test', {}],
  ['proto=https;=x', {}],
]
for (const [header, expected] of cases) {
  test(`of the header <${header}> the first element is read, if it is well-formed`, () => {
    assert.deepEqual(parseForwarded(header), expected)
  })
}

test('a hostile header needs time in proportion to its length', () => {
  const parts = 100_000
  assert.deepEqual(parseForwarded(`host="${'\\a'.repeat(parts)}`), {})
  assert.deepEqual(parseForwarded(`${'a=b;'.repeat(2)}${' '.repeat(parts)}`), {})
  assert.deepEqual(parseForwarded(Array.from({ length: parts }, (_, n) => `a${n}=b`).join(';')), {})
})
