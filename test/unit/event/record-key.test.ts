import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordKey } from '../../../src/event/record-key.ts'

test('the repository is the key', () => {
  const event = { target: { repository: 'a/b', rename: { from: 'c' } }, source: { instanceID: 'i' } }
  assert.deepEqual(recordKey(event), { key: 'a/b', from: 'repository' })
})

test('without a repository the old path of a rename is the key, then the registry instance, then nothing', () => {
  const source = { instanceID: 'i' }
  assert.deepEqual(recordKey({ target: { repository: '', rename: { from: 'c' } }, source }), {
    key: 'c',
    from: 'rename',
  })
  assert.deepEqual(recordKey({ target: { rename: { from: '' } }, source }), { key: 'i', from: 'source' })
  assert.deepEqual(recordKey({ target: {}, source: {} }), { key: '', from: 'none' })
  assert.deepEqual(recordKey({}), { key: '', from: 'none' })
})
