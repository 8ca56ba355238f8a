import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventAttributes } from '../../../src/event/event-attributes.ts'

test('a span says id, action and repository of an event, and nothing else of it', () => {
  assert.deepEqual(
    eventAttributes({
      id: 'e-1',
      action: 'push',
      target: {
        repository: 'team/app',
        tag: '1.0',
        url: 'https://registry.example/v2/team/app?token=secret',
      },
      actor: { name: 'somebody' },
      request: { addr: '192.0.2.1' },
    }),
    {
      'messaging.message.id': 'e-1',
      'registry_relay.action': 'push',
      'registry_relay.repository': 'team/app',
    },
  )
  assert.deepEqual(eventAttributes({ id: '', target: {} }), {})
})
