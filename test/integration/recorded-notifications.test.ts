import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postNotification } from '../../src/app/poster.ts'
import { proveEvent } from '../../src/avro/proof.ts'
import { readEnvelope } from '../../src/event/envelope.ts'
import { startLocalStack } from '../../src/local-stack/local-stack.ts'
import { recordedBodies } from '../support/notification-fixtures.ts'
import { startRelay } from '../support/relay.ts'

test('every recorded notification comes out of the bridge as it was posted: bytes, media type, order per repository', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  // Some were recorded several times, as they were posted to several endpoints: here each is to arrive.
  const relay = await startRelay(t, stack, { gateway: 'duplicates: { maxEvents: 0 }' })

  const bodies = recordedBodies().filter(({ body }) => readEnvelope(body).events.length > 0)
  assert.ok(bodies.length > 200, `only ${bodies.length} recorded bodies`)
  for (const { body, contentType, file } of bodies) {
    assert.equal(await postNotification(relay.url, { body, contentType }, 5_000), 200, file)
  }
  await relay.receivedAtLeast(bodies.length)

  // No fault, so no duplicates: as many as were posted, each with its own bytes and media type, in the order per repository.
  const posted = bodies.map(({ body, contentType }) => ({ body, contentType }))
  assert.equal(relay.received.length, posted.length)
  assert.deepEqual(byRepository(relay.received), byRepository(posted))

  const ways = tableOfWays(bodies)
  for (const line of ways.lines) t.diagnostic(line)
  assert.ok(ways.verbatim / bodies.length < 0.05, 'the typed way must be the rule')
})

test('what was recorded several times arrives once, because its events have the same ids and the same content', async (t) => {
  const stack = await startLocalStack()
  t.after(() => stack.stop())
  const relay = await startRelay(t, stack)
  const bodies = recordedBodies().filter(({ body }) => readEnvelope(body).events.length > 0)
  const distinct = [...new Set(bodies.map(({ body }) => body.toString()))]
  assert.ok(distinct.length < bodies.length)
  for (const { body, contentType, file } of bodies) {
    assert.equal(await postNotification(relay.url, { body, contentType }, 5_000), 200, file)
  }
  // Behind all others of its repository, so that a repeat of them would have arrived before.
  const last = `{"events":[{"id":"last","target":{"repository":"team/app"}}]}`
  await postNotification(relay.url, { body: last, contentType: 'application/json' }, 5_000)
  await relay.receivedAtLeast(distinct.length + 1)
  assert.deepEqual(
    relay.received.map(({ body }) => body.toString()).toSorted(),
    [...distinct, last].toSorted(),
  )
})

interface Post {
  readonly body: Buffer
  readonly contentType: string | undefined
}

function byRepository(posts: readonly Post[]): Record<string, string[]> {
  const groups: Record<string, string[]> = {}
  for (const { body, contentType } of posts) {
    const repository = readEnvelope(body).events[0]?.event.target?.repository ?? ''
    groups[repository] ??= []
    groups[repository].push(`${contentType}\n${body.toString('latin1')}`)
  }
  return groups
}

/** How many bodies are held by typed fields alone, and which needed their text kept. */
function tableOfWays(bodies: ReturnType<typeof recordedBodies>): { lines: string[]; verbatim: number } {
  const table = new Map<string, { typed: number; verbatim: string[] }>()
  for (const { set, scenario, file, body, contentType } of bodies) {
    const row = table.get(set) ?? { typed: 0, verbatim: [] }
    table.set(set, row)
    for (const received of readEnvelope(body).events) {
      if (proveEvent(received, contentType).way === 'typed') row.typed += 1
      else row.verbatim.push(`${scenario}/${file}`)
    }
  }
  const rows = [...table]
  return {
    verbatim: rows.reduce((sum, [, row]) => sum + row.verbatim.length, 0),
    lines: rows.map(
      ([set, { typed, verbatim }]) =>
        `${set}: ${typed} typed, ${verbatim.length} verbatim ${verbatim.join(' ')}`,
    ),
  }
}
