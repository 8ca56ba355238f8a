import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { startRelay } from '../../support/relay.ts'
import { post } from '../gateway/gateway-bed.ts'
import { Chain } from './chain.ts'

/** What no registry writes, and some other program might. */
const odd: readonly string[] = [
  '{"events":[{"id":"1"}]}',
  '{ "events" : [ {"id":"2","id":"2","Target":{"REPOSITORY":"a"} } ]}\n',
  '{"events":[{"id":"3","action":"p\\u0075sh","target":{"repository":"\\u0061","size":9007199254740993,"length":1.0}}]}',
  '{"events":[{"id":"4","__proto__":{"x":1},"new":[null,1e2,"\\ud83d\\ude00"],"target":{"repository":"a"}}]}',
  '{"events":[{"id":"5","timestamp":"2026-13-99T00:00:00Z","target":{"repository":"a","url":"<&>\\u2028"}}]}',
]

test('The original Envelope', async (t) => {
  await t.test('what the bridge posts are the bytes and the media type that were posted', async (t) => {
    const stack = await startLocalStack()
    t.after(() => stack.stop())
    const relay = await startRelay(t, stack)
    const recorded = recordedBodies().map(({ body, contentType }) => ({ body: String(body), contentType }))
    const posts = [...odd.map((body) => ({ body, contentType: 'application/json' })), ...recorded]
    // Some were recorded several times, as they were posted again.
    const wanted = [...new Set(posts.map(({ body, contentType }) => `${contentType}\n${body}`))]
    for (const { body, contentType } of posts) {
      assert.equal((await post(relay.url, body, contentType)).status, 200, body)
    }
    await relay.receivedAtLeast(wanted.length)
    assert.deepEqual(
      relay.received.map(({ body, contentType }) => `${contentType}\n${body}`).toSorted(),
      wanted.toSorted(),
    )
  })

  await t.test(
    'what a redaction policy took out is the only difference, and the record lists it',
    async (t) => {
      const gitlab = recordedBodies().find(({ body }) => /"user":/.test(String(body)))
      assert.ok(gitlab !== undefined)
      const chain = await Chain.start(t, {
        gateway: {
          redact: {
            rules: [
              { pointer: '/actor/user', action: 'drop' },
              { pointer: '/source/instanceID', action: 'mask' },
            ],
          },
        },
      })
      const gateway = await chain.bed.start()
      t.after(() => gateway.stop())
      const { body, contentType } = gitlab
      assert.equal((await post(gateway.url, body, contentType)).status, 200)
      await gateway.emptied()
      const [stored] = await chain.bed.storedEvents()
      const parsed = JSON.parse(String(body))
      const [event] = parsed.events
      delete event.actor.user
      event.source.instanceID = '***'
      assert.deepEqual(JSON.parse(String(stored?.body)), parsed)
      assert.deepEqual(stored?.redactions?.toSorted(), ['/actor/user=drop', '/source/instanceID=mask'])
    },
  )
})
