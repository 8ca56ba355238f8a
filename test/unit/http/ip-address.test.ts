import assert from 'node:assert/strict'
import { isIP } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { isIn, parseAddress, parseNetwork } from '../../../src/http/ip-address.ts'

test('IPv4 in front of the empty groups is no address', () => {
  assert.equal(parseAddress('10.0.0.1::'), undefined)
  assert.equal(parseAddress('::10.0.0.1')?.value, 0x0a000001n)
})

test('takes exactly what Node.js takes for an address', () => {
  const pieces = fc.constantFrom(
    '',
    ':',
    '::',
    '.',
    '0',
    '1',
    '255',
    '256',
    '01',
    'ffff',
    'g',
    '10.0.0.1',
    '/',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.ipV4(),
        fc.ipV6(),
        fc.array(pieces, { maxLength: 18 }).map((parts) => parts.join('')),
      ),
      (text) => {
        assert.equal(parseAddress(text) !== undefined, isIP(text) !== 0, text)
      },
    ),
    { numRuns: 3_000 },
  )
})

test('an address has one value, however it is written', () => {
  const same = ['2001:db8::1', '2001:DB8:0:0:0:0:0:1', '2001:0db8::0.0.0.1', '2001:db8::1%eth0']
  for (const text of same) {
    assert.deepEqual(parseAddress(text), { version: 6, value: 0x20010db8_00000000_00000000_00000001n }, text)
  }
  assert.deepEqual(parseAddress('::ffff:10.0.0.1'), parseAddress('10.0.0.1'))
})

test('a network holds its addresses and no other', () => {
  for (const [text, inside, outside] of [
    ['10.1.0.0/16', '10.1.255.255', '10.2.0.0'],
    ['10.1.2.3/16', '10.1.0.0', '10.0.255.255'],
    ['192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['0.0.0.0/0', '255.1.1.1', '::1'],
    ['fe80::/10', 'febf::1', 'fec0::1'],
    ['::ffff:10.0.0.0/104', '10.200.0.1', '11.0.0.0'],
  ] as const) {
    const network = parseNetwork(text)
    const [one, other] = [parseAddress(inside), parseAddress(outside)]
    assert.ok(network !== undefined && one !== undefined && other !== undefined)
    assert.deepEqual([isIn(one, network), isIn(other, network)], [true, false], text)
  }
})

for (const text of [
  '',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.0/',
  '10.0.0.0/8/8',
  '10/8',
  'fe80::1%eth0/64',
  'a.test',
]) {
  test(`${JSON.stringify(text)} is no network`, () => {
    assert.equal(parseNetwork(text), undefined)
  })
}
