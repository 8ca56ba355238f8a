import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lossOf } from './conservation.ts'
import { GatewayChild } from './gateway-child.ts'
import { byRequest, numbered, readSpool } from './kept.ts'
import { type Answer, honestBody, honestHeaders, send } from './post.ts'

const mebibyte = 1024 * 1024
const maxBodyBytes = 8 * mebibyte

test('with 128 MiB of heap answers a flood of large bodies 200 or 503, keeps what it took, and then takes the next event', async (t) => {
  const gateway = await GatewayChild.start(t, {
    nodeOptions: ['--max-old-space-size=128'],
    gateway: {
      maxBodyBytes,
      // The disk may be as slow as it likes: it is the bytes in hand that refuse.
      ackBudgetMs: 60_000,
      duplicates: { maxEvents: 0 },
      limits: {
        maxBodiesBytes: 3 * maxBodyBytes,
        // A sender that gets its 503 while it is still sending reads it only when all is sent.
        lingerMs: 30_000,
        requestTimeoutMs: 60_000,
        bodyGraceMs: 30_000,
      },
    },
    config: { logging: { level: 'error', format: 'json' } },
  })
  const bodies = [longText(), manyKeys(), manyValues(), noJson()]
  const answers: Answer[] = []
  const numbers = Array.from({ length: 40 }, (_, number) => number)
  await Promise.all(
    numbers.map(async (number) => {
      const headers = { 'Content-Type': numbered('application/json', number) }
      const body = bodies[number % bodies.length] ?? Buffer.alloc(0)
      answers[number] = await send(gateway.url, { body, headers, patienceMs: 120_000 })
    }),
  )
  const counts = { taken: 0, refused: 0 }
  for (const { status, headers } of answers) {
    assert.ok(status === 200 || status === 503, `answered ${status}`)
    if (status === 200) counts.taken++
    else counts.refused++
    assert.equal(headers['retry-after'], status === 503 ? '1' : undefined)
  }
  t.diagnostic(JSON.stringify(counts))
  assert.ok(counts.taken > 0 && counts.refused > 0, 'the flood was none')

  for (let number = 0; number < 20; number++) {
    const { status } = await send(gateway.url, {
      body: honestBody(`after-${number}`),
      headers: honestHeaders,
    })
    assert.equal(status, 200)
  }
  const { peakBytes } = await gateway.state()
  t.diagnostic(`at most ${Math.round(peakBytes / mebibyte)} MiB`)
  await gateway.stop()
  const kept = byRequest(await readSpool(gateway.spoolFolder))
  for (const [number, { status }] of answers.entries()) {
    if (status !== 200) continue
    const body = bodies[number % bodies.length] ?? Buffer.alloc(0)
    assert.equal(lossOf(body, kept.get(number) ?? [], maxBodyBytes), undefined)
  }
})

/** An event as large as it may be. */
function longText(): Buffer {
  const [start, end] = honestBody('long|').split('|')
  return Buffer.from(`${start}${'x'.repeat(maxBodyBytes - 1_000)}${end}`)
}

/** Costs more memory than any text of its length. */
function manyKeys(): Buffer {
  const members = Array.from({ length: 50_000 }, (_, index) => `"key-${index}":"value-${index}"`)
  return Buffer.from(`{"events":[{"id":"keys","target":{"annotations":{${members.join()}}}}]}`)
}

/** More than a body may have: not an Envelope. */
function manyValues(): Buffer {
  return Buffer.from(`{"events":[${Array(2_500_000).fill('{}').join()}]}`)
}

function noJson(): Buffer {
  return Buffer.alloc(maxBodyBytes, 'no JSON ')
}
