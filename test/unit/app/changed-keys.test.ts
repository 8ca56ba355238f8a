import assert from 'node:assert/strict'
import { test } from 'node:test'
import { changedKeys, sameSource, sameText } from '../../../src/app/changed-keys.ts'
import { Secret } from '../../../src/config/secret.ts'

test('what differs is named by its key, and what does not is left out', () => {
  const before = { kafka: { brokers: ['a', 'b'], tls: false }, gateway: { port: 1, path: '/' } }
  assert.deepEqual(changedKeys(before, structuredClone(before)), [])
  const after = { kafka: { brokers: ['b', 'a'], tls: { caFile: 'x' } }, gateway: { port: 2, path: '/' } }
  assert.deepEqual(changedKeys(before, after), ['kafka.brokers', 'kafka.tls', 'gateway.port'])
})

test('a key that is absent and one that is undefined are the same', () => {
  assert.deepEqual(changedKeys({ a: 1 }, { a: 1, b: undefined }), [])
  assert.deepEqual(changedKeys({ a: 1 }, { a: 1, b: 2 }), ['b'])
})

test('in a list of named members each is compared with the one of its name, wherever it stands', () => {
  const one = { name: 'one', url: 'http://1/', ignore: { actions: ['pull'] } }
  const two = { name: 'two', url: 'http://2/', ignore: { actions: [] } }
  const of = (...endpoints: readonly object[]) => ({ endpoints })
  assert.deepEqual(changedKeys(of(one, two), of(two, one)), [])
  assert.deepEqual(changedKeys(of(one), of(one, two)), ['endpoints.two'])
  assert.deepEqual(changedKeys(of(one, two), of()), ['endpoints.one', 'endpoints.two'])
  const changed = { ...two, url: 'http://3/', ignore: { actions: ['push'] } }
  assert.deepEqual(changedKeys(of(one, two), of(one, changed)), [
    'endpoints.two.url',
    'endpoints.two.ignore.actions',
  ])
})

test('members without a name make the list one value', () => {
  const rules = (action: string) => ({ rules: [{ pointer: '/a', action }] })
  assert.deepEqual(changedKeys(rules('drop'), rules('drop')), [])
  assert.deepEqual(changedKeys(rules('drop'), rules('mask')), ['rules'])
})

test('secrets are compared by what they say, or by the file that whoever uses them follows', () => {
  const pair = (...secrets: readonly [Secret, Secret]) => secrets.map((value) => ({ value, list: [value] }))
  const inline = pair(new Secret('canary-1'), new Secret('canary-2'))
  assert.deepEqual(changedKeys(inline[0], inline[1], sameText), ['value', 'list'])
  assert.deepEqual(changedKeys(inline[0], inline[1], sameSource), ['value', 'list'])
  const ofFile = pair(new Secret('canary-1', '/f'), new Secret('canary-2', '/f'))
  assert.deepEqual(changedKeys(ofFile[0], ofFile[1], sameText), ['value', 'list'])
  assert.deepEqual(changedKeys(ofFile[0], ofFile[1], sameSource), [])
  const moved = pair(new Secret('canary-1', '/f'), new Secret('canary-1', '/g'))
  assert.deepEqual(changedKeys(moved[0], moved[1], sameSource), ['value', 'list'])
})
