import assert from 'node:assert/strict'
import { test } from 'node:test'
import { endpointChanges } from '../../../src/app/endpoint-changes.ts'
import type { EndpointConfig } from '../../../src/config/endpoint-config.ts'
import { configSchema } from '../../../src/config/schema.ts'
import { Secret } from '../../../src/config/secret.ts'

function endpoints(...of: readonly object[]): readonly EndpointConfig[] {
  const config = configSchema.parse({
    kafka: { brokers: 'h:1' },
    schemaRegistry: { url: 'http://h/' },
    bridge: { endpoints: of },
  })
  return config.bridge.endpoints
}

const one = { name: 'one', url: 'http://1/' }
const two = { name: 'two', url: 'http://2/' }

test('by name endpoints come, go and change, and those that only moved do none of it', () => {
  const before = endpoints(one, two, { name: 'three', url: 'http://3/' })
  const after = endpoints(two, { ...one, ignore: { actions: ['pull'] } }, { name: 'four', url: 'http://3/' })
  const { added, changed, removed } = endpointChanges(before, after)
  assert.deepEqual(
    [added.map(({ name }) => name), changed.map(({ name }) => name), removed],
    [['four'], ['one'], ['three']],
  )
  assert.deepEqual(changed[0]?.ignore.actions, ['pull'])
})

test('a new content in a file that is followed is no change, another file or value is', () => {
  const withKey = (secret: Secret) =>
    endpoints(one).map((each) => ({ ...each, headers: { 'X-Key': [secret] } }))
  const changed = (before: Secret, after: Secret) =>
    endpointChanges(withKey(before), withKey(after)).changed.length
  assert.equal(changed(new Secret('a', '/f'), new Secret('b', '/f')), 0)
  assert.equal(changed(new Secret('a', '/f'), new Secret('a', '/g')), 1)
  assert.equal(changed(new Secret('a'), new Secret('b')), 1)
})
