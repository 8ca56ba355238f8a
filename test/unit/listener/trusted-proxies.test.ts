import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { trustedProxies } from '../../../src/listener/trusted-proxies.ts'

test('addresses and networks of both families are recognised', () => {
  const trusted = trustedProxies(['10.0.0.0/8', '192.0.2.1', '2001:db8::/32', '::1'])
  for (const address of ['10.9.8.7', '192.0.2.1', '::ffff:192.0.2.1', '2001:db8:1::2', '::1']) {
    assert.equal(trusted(address), true, address)
  }
  for (const address of ['11.0.0.1', '192.0.2.2', '2001:db9::1', '::2', '', 'localhost', '10.0.0.1:80']) {
    assert.equal(trusted(address), false, address)
  }
})

test('an entry that is no network is named, and not taken for one that trusts everybody', () => {
  for (const entry of [
    '',
    'localhost',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/-1',
    'fe80::1%eth0',
  ]) {
    assert.throws(
      () => trustedProxies(['10.0.0.0/8', entry]),
      (error: unknown) => isRelayError(error, 'CONFIG_INVALID') && error.message.includes(`"${entry}"`),
      entry,
    )
  }
})
