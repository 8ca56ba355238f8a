import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, test } from 'node:test'
import { type LocalStack, startLocalStack } from '../../../src/local-stack/local-stack.ts'
import { stopsInReverse } from '../../support/stops.ts'
import { until } from '../../support/until.ts'
import { envelope, GatewayBed, post, type RunningBed, type Settings } from './gateway-bed.ts'

const mebibyte = 1024 ** 2
const padding = 'x'.repeat(40_000)

let stack: LocalStack
before(async () => {
  stack = await startLocalStack({ ways: ['docker', 'java'] })
})
after(() => stack.stop())
afterEach(() => stack.kafka.start())

/** A disk of its own, so small that it fills up in a test. */
function smallDisk(stops: (stop: () => unknown) => void, bytes: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-disk-'))
  stops(() => rmSync(folder, { recursive: true, force: true }))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'tmpfs', folder], {
      stdio: 'pipe',
    })
  } catch (error) {
    throw new Error('this test needs a small disk of its own: run it as root, who may mount a tmpfs', {
      cause: error,
    })
  }
  stops(() => execFileSync('umount', [folder]))
  return folder
}

/** Posts one event after the other until one is refused; resolves with those that had a 2xx, and with the refusal. */
async function fill(gateway: RunningBed): Promise<{ acked: string[]; refused: string }> {
  const acked: string[] = []
  for (;;) {
    const id = `event-${acked.length}`
    const answer = await post(gateway.url, envelope(id, `team/app-${acked.length % 3}`, padding))
    if (answer.status !== 200) {
      assert.deepEqual(
        { status: answer.status, retryAfter: answer.retryAfter, code: answer.code },
        { status: 503, retryAfter: '1', code: 'SPOOL_FULL' },
      )
      return { acked, refused: id }
    }
    acked.push(id)
    assert.ok(acked.length < 2_000, 'it never gets full')
  }
}

/** Starts Kafka, posts the refused event until it is taken as a registry does, and looks for all of them in the topic. */
async function assertRecovery(
  bed: GatewayBed,
  gateway: RunningBed,
  { acked, refused }: { acked: string[]; refused: string },
): Promise<void> {
  await stack.kafka.start()
  const again = envelope(refused, `team/app-${acked.length % 3}`, padding)
  await until(async () => (await post(gateway.url, again)).status === 200)
  await gateway.emptied()
  assert.equal((await gateway.readyz()).status, 200)
  const records = await bed.events()
  const all = [...acked, refused]
  assert.equal(records.length, all.length)
  for (const app of [0, 1, 2]) {
    assert.deepEqual(
      records.filter(({ repository }) => repository === `team/app-${app}`).map(({ id }) => id),
      all.filter((_, index) => index % 3 === app),
    )
  }
}

/** A gateway whose Kafka is away, with a spool that takes nothing more. */
async function filledUp(stops: ReturnType<typeof stopsInReverse>, spool: NonNullable<Settings['spool']>) {
  const bed = new GatewayBed(stack, { gateway: { maxBodyBytes: mebibyte }, spool })
  stops(() => bed.remove())
  await bed.createTopics()
  await stack.kafka.kill()
  const gateway = await bed.start()
  stops(() => gateway.stop())
  return { bed, gateway, filled: await fill(gateway) }
}

test('D1: a full disk refuses with 503 and loses nothing; when Kafka is back, space comes free and 2xx are answered again', async (t) => {
  const stops = stopsInReverse(t)
  const disk = smallDisk(stops, 6 * mebibyte)
  const { bed, gateway, filled } = await filledUp(stops, {
    folder: join(disk, 'spool'),
    maxBytes: 1024 * mebibyte,
    segmentBytes: mebibyte,
  })
  assert.ok(filled.acked.length >= 50, `${filled.acked.length} events filled the disk`)
  const { status, parts } = await gateway.readyz()
  assert.equal(status, 503)
  assert.match(parts['spool']?.reason ?? '', /^no space left for the spool /)
  assert.equal((await fetch(`${gateway.management}/healthz`)).status, 200)
  await assertRecovery(bed, gateway, filled)
})

test('at the limit of the spool the answer is 503 until Kafka is back, and nothing that had a 2xx is lost', async (t) => {
  const stops = stopsInReverse(t)
  const { bed, gateway, filled } = await filledUp(stops, { maxBytes: 4 * mebibyte })
  assert.ok(filled.acked.length >= 30, `${filled.acked.length} events filled the spool`)
  const { status, parts } = await gateway.readyz()
  assert.equal(status, 503)
  const reason = `the spool is at its limit of ${4 * mebibyte} bytes`
  assert.equal(parts['spool']?.ready, false)
  assert.equal(parts['spool']?.reason, reason)
  await assertRecovery(bed, gateway, filled)
})
