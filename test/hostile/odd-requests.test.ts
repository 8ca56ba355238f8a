import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { GatewayChild } from './gateway-child.ts'
import { type KeptEvent, type KeptRejected, readSpool } from './kept.ts'
import { honestBody, honestHeaders, send } from './post.ts'

const mebibyte = 1024 * 1024
const quiet = { logging: { level: 'error', format: 'json' } }

test('keeps compressed bodies as they came and inflates nothing', async (t) => {
  const gateway = await GatewayChild.start(t, { config: quiet })
  const bomb = gzipSync(Buffer.alloc(256 * mebibyte, ' '))
  const event = Buffer.from(honestBody('compressed'))
  const posts: readonly (readonly [encoding: string, body: Buffer])[] = [
    ['gzip', bomb],
    ['GZIP', bomb],
    ['x-gzip', bomb],
    ['gzip, gzip', gzipSync(bomb)],
    ['identity, gzip', bomb],
    ['deflate', deflateSync(event)],
    ['br', brotliCompressSync(event)],
    ['zstd', event],
    ['chunked', event],
    ['nonsense', event],
  ]
  const before = await gateway.state()
  for (const [encoding, body] of posts) {
    const headers = { ...honestHeaders, 'Content-Encoding': encoding }
    const { status } = await send(gateway.url, { body, headers })
    assert.equal(status, 200, encoding)
  }
  const after = await gateway.state()
  assert.ok(after.peakBytes - before.peakBytes < 128 * mebibyte, 'memory for an inflated body was taken')
  await gateway.stop()
  const kept = (await readSpool(gateway.spoolFolder)) as readonly KeptRejected[]
  assert.deepEqual(
    kept.map(({ kind, reason, content }) => [kind, reason, content]),
    posts.map(() => ['rejected', 'UNSUPPORTED_ENCODING', 'whole']),
  )
  for (const [index, [encoding, body]] of posts.entries())
    assert.ok(kept[index]?.value.equals(body), encoding)
})

test('takes JSON under any of its types as events, and keeps the same bytes under other types as rejected', async (t) => {
  const gateway = await GatewayChild.start(t, { config: quiet })
  const taken = [
    'application/json',
    'APPLICATION/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"; x=y',
    'application/vnd.docker.distribution.events.v1+json',
    'Application/Vnd.Docker.Distribution.Events.V2+JSON ; charset=us-ascii',
    'application/cloudevents+json',
  ]
  const rejected = [
    undefined,
    '',
    ' ',
    ';',
    'text/plain',
    'text/json',
    'json',
    '+json',
    'application/jsonx',
    'application/json, text/plain',
    'text/plain, application/json',
    'application/json/x',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    `text/${'x'.repeat(5_000)}`,
    'application/j\u00e9son',
  ]
  for (const [index, type] of [...taken, ...rejected].entries()) {
    const headers = type === undefined ? {} : { 'Content-Type': type }
    const { status } = await send(gateway.url, { body: honestBody(`typed-${index}`), headers })
    assert.equal(status, 200, type)
  }
  await gateway.stop()
  const kept = await readSpool(gateway.spoolFolder)
  assert.deepEqual(
    kept.map((one) => [one.kind, bodyOf(one)]),
    [
      ...taken.map((_, index) => ['event', honestBody(`typed-${index}`)]),
      ...rejected.map((_, index) => ['rejected', honestBody(`typed-${taken.length + index}`)]),
    ],
  )
  const reasons = kept.flatMap((one) => (one.kind === 'rejected' ? [one.reason] : []))
  assert.deepEqual(new Set(reasons), new Set(['UNSUPPORTED_MEDIA_TYPE']))
})

test('answers other methods 405 and other paths 404, never with a redirect, and keeps nothing of them', async (t) => {
  const gateway = await GatewayChild.start(t, { config: quiet })
  for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
    const hasBody = ['PUT', 'PATCH', 'DELETE'].includes(method)
    const answer = await send(gateway.url, {
      method,
      headers: honestHeaders,
      ...(hasBody ? { body: honestBody('by another method') } : {}),
    })
    assert.equal(answer.status, 405, method)
    assert.equal(answer.headers['allow'], 'POST')
  }
  const paths = [
    '',
    '/',
    '/notifications/',
    '//notifications',
    '/notifications/..',
    '/Notifications',
    '/metrics',
  ]
  for (const path of [
    ...paths,
    '/%6eotifications',
    '/notifications%00',
    '/?/notifications',
    '/notifications;x',
  ]) {
    for (const method of ['GET', 'POST', 'HEAD']) {
      const body = method === 'POST' ? { body: honestBody('on another path') } : {}
      const url = `http://127.0.0.1:${gateway.port}${path}`
      const answer = await send(url, { method, headers: honestHeaders, ...body })
      assert.equal(answer.status, 404, `${method} ${path}`)
      assert.equal(answer.headers['location'], undefined)
    }
  }
  await gateway.stop()
  assert.deepEqual(await readSpool(gateway.spoolFolder), [])
})

function bodyOf(one: KeptEvent | KeptRejected): string {
  return one.kind === 'event' ? one.envelope : one.value.toString()
}
