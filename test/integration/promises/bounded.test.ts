import assert from 'node:assert/strict'
import { readdirSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { envelope, post, spoolEmptied } from '../gateway/gateway-bed.ts'
import { Chain, repositoryOfId } from './chain.ts'

const mebibyte = 1024 * 1024
const maxBytes = 2 * mebibyte
const maxBodyBytes = 256 * 1024

function bytesIn(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0)
}

test('Bounded', async (t) => {
  const chain = await Chain.start(t, { gateway: { maxBodyBytes }, spool: { maxBytes } })
  const away = chain.with({
    kafka: { brokers: ['127.0.0.1:1'] },
    gateway: { maxBodyBytes, limits: { maxBodiesBytes: maxBodyBytes } },
    spool: { maxBytes },
  })
  const gateway = await chain.serve(away)
  const url = await gateway.listening()

  // Memory: what has come of a body counts while its sender takes its time.
  const open = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': maxBodyBytes },
  })
  open.on('error', () => {})
  await new Promise<void>((resolve) => open.write('x'.repeat(maxBodyBytes - 1_000), () => resolve()))
  const refusedForMemory = await untilRefused(() =>
    post(url, envelope('in memory', 'team/app', 'x'.repeat(2_000))),
  )
  assert.deepEqual(refusedForMemory, { retryAfter: '1', code: 'OVER_BUDGET' })
  open.destroy()

  // Disk: Kafka takes nothing, and the spool fills.
  const acknowledged: string[] = []
  let refusal: unknown
  for (let n = 0; refusal === undefined && n < 1_000; n += 1) {
    const id = `team/app-${n % 4}#${n}`
    const answer = await post(url, envelope(id, repositoryOfId(id), 'x'.repeat(20_000)))
    if (answer.status === 200) acknowledged.push(id)
    else if (answer.code !== 'OVER_BUDGET')
      refusal = { status: answer.status, code: answer.code, retry: answer.retryAfter !== null }
  }
  assert.deepEqual(refusal, { status: 503, code: 'SPOOL_FULL', retry: true })
  assert.ok(acknowledged.length > 50, `${acknowledged.length} were taken`)
  // The limit is of segments; each has a header, and the cursor and the lock are files beside them.
  const used = bytesIn(chain.bed.spoolFolder)
  assert.ok(used < maxBytes + 4_096, `${used} bytes in the spool`)

  // Nothing of what was taken is dropped for it, and there is room again.
  await gateway.kill()
  const heir = await chain.serve()
  await spoolEmptied(heir.management)
  assert.equal((await post(await heir.listening(), envelope('after', 'team/app'))).status, 200)
  await spoolEmptied(heir.management)
  const stored = new Set((await chain.bed.events()).map(({ id }) => id))
  for (const id of [...acknowledged, 'after']) assert.ok(stored.has(id), id)
})

interface Refused {
  readonly retryAfter: string | null
  readonly code: string | undefined
}

/** The first answer 503; what was taken before it saw the other body does not matter. */
async function untilRefused(
  send: () => Promise<{ readonly status: number } & Refused>,
): Promise<Refused | undefined> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const { status, retryAfter, code } = await send()
    if (status === 503) return { retryAfter, code }
  }
  return undefined
}
