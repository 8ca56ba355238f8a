import assert from 'node:assert/strict'
import { test } from 'node:test'
import { envelope, post, spoolEmptied } from '../gateway/gateway-bed.ts'
import { Chain } from './chain.ts'

interface Bad {
  readonly body: string | Buffer
  /** Default: JSON. */
  readonly contentType?: string
  readonly reason: string
  /** Where that is not the whole body. */
  readonly kept?: string
}

const deep = `{"events":[{"id":"deep","x":${'['.repeat(1_000)}${']'.repeat(1_000)}}]}`
const tooLarge = envelope('too large', 'team/app', 'x'.repeat(70_000))

/** What one sender could post and no gateway can store as events. */
const bad: readonly Bad[] = [
  { body: '', reason: 'NOT_AN_ENVELOPE' },
  { body: 'no JSON', reason: 'NOT_AN_ENVELOPE' },
  { body: '{"events":[{"id":"cut off"', reason: 'NOT_AN_ENVELOPE' },
  { body: '[1,2,3]', reason: 'NOT_AN_ENVELOPE' },
  { body: '{"events":{}}', reason: 'NOT_AN_ENVELOPE' },
  { body: Buffer.from([0x7b, 0x7f, 0x7d]), reason: 'NOT_AN_ENVELOPE' },
  { body: deep, reason: 'NOT_AN_ENVELOPE' },
  { body: '{"events":["no object"]}', reason: 'NOT_AN_EVENT', kept: '"no object"' },
  { body: envelope('of another type'), contentType: 'text/plain', reason: 'UNSUPPORTED_MEDIA_TYPE' },
  { body: tooLarge, reason: 'TOO_LARGE', kept: tooLarge.slice(0, 65_536) },
]

test('One registry can never be blocked by one event', async (t) => {
  const chain = await Chain.start(t, { gateway: { maxBodyBytes: 65_536 } })
  const gateway = await chain.serve()
  const url = await gateway.listening()
  for (const [index, { body, contentType }] of bad.entries()) {
    assert.equal((await post(url, body, contentType)).status, 200, String(body).slice(0, 60))
    assert.equal((await post(url, envelope(`behind-${index}`, 'team/app'))).status, 200)
  }
  await spoolEmptied(gateway.management)

  assert.deepEqual(
    (await chain.bed.events()).map(({ id }) => id),
    bad.map((_, index) => `behind-${index}`),
  )
  const rejected = await chain.bed.rejected()
  assert.deepEqual(
    rejected.map(({ headers, value }) => `${headers['x-rejected-reason']} ${value}`).toSorted(),
    bad.map(({ body, reason, kept = body }) => `${reason} ${kept}`).toSorted(),
  )

  await t.test('strict mode, which is an option, refuses instead and keeps nothing', async (t) => {
    const strict = await Chain.start(t, { gateway: { maxBodyBytes: 65_536, strict: true } })
    const running = await strict.bed.start()
    t.after(() => running.stop())
    for (const { body, contentType } of bad) {
      const { status } = await post(running.url, body, contentType)
      assert.ok([400, 413, 415].includes(status), `${status} for ${String(body).slice(0, 60)}`)
    }
    await running.emptied()
    assert.deepEqual(await strict.bed.rejected(), [])
  })
})
