import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { addressCheck } from '../../../src/http/address-rules.ts'

const usual = addressCheck({})
const strict = addressCheck({ denyPrivate: true })

for (const [address, why] of [
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['::', 'unspecified'],
  ['169.254.169.254', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['169.254.0.1', 'link-local'],
  ['100.100.100.200', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['fd20:ce::254', 'metadata'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['ff02::1', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['::ffff:a9fe:a9fe', 'metadata'],
  ['::169.254.169.254', 'metadata'],
  ['::ffff:0:169.254.169.254', 'metadata'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['64:ff9b::169.254.1.1', 'link-local'],
  ['64:ff9b:1::a9fe:a9fe', 'metadata'],
  ['64:ff9b:1:a9fe:a9:fe00::', 'metadata'],
  ['64:ff9b:1:a9:fe:a9fe:0:0', 'metadata'],
  ['64:ff9b:1:5:a9:fea9:fe00:0', 'metadata'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  ['2001:0:a9fe:a9fe::', 'metadata'],
  ['2001:0:808:808:0:0:5601:5601', 'metadata'],
  ['2001:db8::5efe:a9fe:a9fe', 'metadata'],
  ['2001:db8::200:5efe:169.254.169.254', 'metadata'],
  ['', 'not an address'],
  ['localhost', 'not an address'],
  ['0177.0.0.1', 'not an address'],
  ['127.1', 'not an address'],
  ['2852039166', 'not an address'],
  ['169.254.169.254 ', 'not an address'],
] as const) {
  test(`F5: ${JSON.stringify(address)} is never allowed: ${why}`, () => {
    assert.equal(usual(address), why)
    assert.equal(strict(address), why)
  })
}

for (const [address, why] of [
  ['127.0.0.1', 'loopback'],
  ['127.255.0.1', 'loopback'],
  ['::1', 'loopback'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['100.64.0.1', 'private'],
  ['fc00::1', 'private'],
  ['fd12:3456::1', 'private'],
  ['fec0::1', 'private'],
  ['64:ff9b::a00:1', 'private'],
  ['2002:7f00:1::', 'loopback'],
] as const) {
  test(`F5: ${address} is allowed unless private networks are denied: ${why}`, () => {
    assert.equal(usual(address), undefined)
    assert.equal(strict(address), why)
  })
}

for (const address of [
  '8.8.8.8',
  '172.32.0.1',
  '172.15.255.255',
  '169.253.255.255',
  '100.128.0.1',
  '2001:4860:4860::8888',
  '2606:4700::1111',
  '64:ff9b::808:808',
  '64:ff9b:1::808:808',
  '64:ff9b:1:808:8:800::',
  '2002:808:808::1',
]) {
  test(`F5: ${address} is allowed always`, () => {
    assert.equal(strict(address), undefined)
  })
}

test('what is allowed by name wins, address or network, and nothing beside it', () => {
  const check = addressCheck({ denyPrivate: true, allow: ['10.1.0.0/16', '169.254.169.254', 'fd12::/16'] })
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3', '169.254.169.254', 'fd12::1']) {
    assert.equal(check(address), undefined, address)
  }
  for (const address of ['10.2.0.1', '169.254.169.253', 'fd13::1', '2002:a01:203::']) {
    assert.notEqual(check(address), undefined, address)
  }
})

test('an entry that is no address and no network is refused by name', () => {
  assert.throws(
    () => addressCheck({ allow: ['10.0.0.0/8', 'receiver.test'] }),
    (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.includes('"receiver.test"'),
  )
})
