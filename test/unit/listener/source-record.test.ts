import assert from 'node:assert/strict'
import { hostname } from 'node:os'
import { test } from 'node:test'
import { newSourceRecord } from '../../../src/listener/source-record.ts'

const cases: readonly (readonly [hostname: string, httpAddr: string, addr: string])[] = [
  ['node-1', ':5000', 'node-1:5000'],
  ['node-1', '127.0.0.1:5000', 'node-1:5000'],
  ['node-1', '[::1]:5000', 'node-1:5000'],
  ['node-1', '5000', 'node-1'],
  ['node-1', '::1', 'node-1'],
  ['node-1', '', 'node-1'],
  ['fe80::1', ':5000', '[fe80::1]:5000'],
  ['', '0.0.0.0:5000', '0.0.0.0:5000'],
]
for (const [name, httpAddr, addr] of cases) {
  test(`a registry on "${name}" that listens on "${httpAddr}" is "${addr}"`, () => {
    assert.equal(newSourceRecord({ httpAddr, hostname: name }).addr, addr)
  })
}

test('the instance has a new id each time, and the name of this machine, unless both are given', () => {
  const [a, b] = [newSourceRecord({ httpAddr: ':5000' }), newSourceRecord({ httpAddr: ':5000' })]
  assert.equal(a.addr, `${hostname()}:5000`)
  assert.match(a.instanceID ?? '', /^[\da-f-]{36}$/)
  assert.notEqual(a.instanceID, b.instanceID)
  assert.equal(newSourceRecord({ httpAddr: '', instanceID: 'i' }).instanceID, 'i')
})
