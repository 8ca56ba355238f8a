import assert from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { addressPrefix } from '../../../src/event/address-prefix.ts'

const cases: readonly (readonly [what: string, address: string, network: string])[] = [
  ['IPv4', '192.0.2.7', '192.0.2.0'],
  ['IPv4 with a port, which goes', '192.0.2.7:50123', '192.0.2.0'],
  ['IPv6', '2001:db8:1:2:3:4:5:6', '2001:db8:1::'],
  ['IPv6 in brackets', '[2001:db8:1:2::7]', '2001:db8:1::'],
  ['IPv6 in brackets with a port', '[2001:0DB8:0001:2::7]:443', '2001:db8:1::'],
  ['IPv6 with a zone, which goes', 'fe80::1%eth0', 'fe80::'],
  ['zeros at the end of the network', '2001:db8::7', '2001:db8::'],
  ['zeros at its beginning', '0:0:5::7', '0:0:5::'],
  ['the loopback address', '::1', '::'],
  ['IPv4 in IPv6', '::ffff:192.0.2.7', '192.0.2.0'],
  ['the same in hexadecimal, with a port', '[::ffff:c000:207]:80', '192.0.2.0'],
  ['IPv4 at the end of another IPv6 address', '64:ff9b:7::192.0.2.33', '64:ff9b:7::'],
  ['a list', '192.0.2.7, 2001:db8:1:2::7,198.51.100.9:80 ', '192.0.2.0, 2001:db8:1::, 198.51.100.0'],
]
for (const [what, address, network] of cases) {
  test(`the network of ${what}`, () => assert.equal(addressPrefix(address), network))
}

test('what is no address has no network', () => {
  for (const text of [
    '',
    'host.example:80',
    'unknown',
    '192.0.2',
    '192.0.2.256',
    '192.0.02.1',
    '192.0.2.1:',
    '192.0.2.1.5',
    '192.0.2.7, unknown',
    '192.0.2.7,',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '1::2::3',
    ':::',
    '12345::',
    'g::1',
    '1.2.3.4::1',
    '[2001:db8::1',
    `${'1.2.3.4,'.repeat(200)}1.2.3.4`,
  ]) {
    assert.equal(addressPrefix(text), undefined, text)
  }
})

test('any address has a network of its own kind, which is its own network, and the same for all in it', () => {
  fc.assert(
    fc.property(fc.ipV4(), fc.ipV6(), fc.nat({ max: 255 }), (v4, v6, last) => {
      const network = addressPrefix(v4) ?? ''
      assert.ok(isIPv4(network))
      assert.equal(addressPrefix(network), network)
      assert.equal(addressPrefix(v4.replace(/\d+$/, String(last))), network)
      const wide = addressPrefix(v6) ?? ''
      assert.ok(isIPv6(wide) || isIPv4(wide), `${v6} gives ${wide}`)
      assert.equal(addressPrefix(wide), wide)
    }),
    { numRuns: 1000 },
  )
})
