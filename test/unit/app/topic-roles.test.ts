import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rolesOf } from '../../../src/app/topic-roles.ts'

test('topics are looked at by what the services do with them', () => {
  assert.deepEqual(rolesOf({ gateway: true }), ['events', 'route', 'rejected'])
  assert.deepEqual(rolesOf({ gateway: false, bridge: true }), ['events', 'route', 'dead-letters'])
  assert.deepEqual(rolesOf({ gateway: true, bridge: true }), ['events', 'route', 'dead-letters', 'rejected'])
})
