import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventActions, renameTypes } from '../../../src/event/actions.ts'

test('the actions and the types of renames are the texts of the wire format', () => {
  assert.deepEqual(eventActions, {
    pull: 'pull',
    push: 'push',
    mount: 'mount',
    delete: 'delete',
    rename: 'rename',
  })
  assert.deepEqual(renameTypes, { name: 'name', namespace: 'namespace' })
})
