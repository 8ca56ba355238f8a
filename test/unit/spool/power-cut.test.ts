import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { chances, VolatileDisk } from './volatile-disk.ts'

/** What a scenario was promised when the power went. */
interface Promised {
  confirmed: number
  acked: number
}

function open(disk: VolatileDisk, pid: number, keepBytes: number): Promise<FileSpool> {
  const processes = { pid, isAlive: (other: number) => other === pid, startedAt: () => undefined }
  // Its timers would outlive an instance that the cut stopped.
  const clock = new ManualClock()
  const options = { segmentBytes: 80, maxBytes: 100_000, memoryBytes: 1_000, keepBytes, clock }
  return FileSpool.open({ folder: '/spool', disk: disk.session(), processes, ...options })
}

/** Fills several segments, reads and acks in between, and closes: each kind of call on the disk comes many times. */
async function live(disk: VolatileDisk, keepBytes: number, promised: Promised): Promise<void> {
  const spool = await open(disk, 1, keepBytes)
  for (let round = 0; round < 4; round++) {
    for (let number = 0; number < 3; number++) {
      await spool.append(Buffer.from(`${round * 3 + number}`))
      promised.confirmed += 1
    }
    const upTo = (await spool.read({ records: 2, bytes: 1_000 })).at(-1)
    assert.ok(upTo)
    await spool.ack(upTo.sequence)
    promised.acked = Number(upTo.content) + 1
  }
  await spool.close()
}

async function check(disk: VolatileDisk, keepBytes: number, promised: Promised, what: string): Promise<void> {
  const spool = await open(disk, 2, keepBytes)
  await spool.append(Buffer.from('end'))
  const got: string[] = []
  while (got.at(-1) !== 'end') {
    got.push(...(await spool.read({ records: 99, bytes: 9_999 })).map(({ content }) => `${content}`))
  }
  const numbers = got.slice(0, -1).map(Number)
  const first = numbers[0] ?? promised.confirmed
  assert.ok(first >= promised.acked, `${what}: ${first} came again`)
  // One ack more than was told may be on the disk, of two records.
  assert.ok(first <= promised.acked + 2, `${what}: begins at ${first}`)
  numbers.forEach((number, index) => {
    assert.equal(number, first + index, what)
  })
  const next = first + numbers.length
  assert.ok(next === promised.confirmed || next === promised.confirmed + 1, `${what}: ends before ${next}`)
  assert.equal(spool.state().badRecords, 0, what)
  await spool.close()
}

test('the power may go at any call of the disk: no cursor, roll, new file or removal is relied on before its sync', async () => {
  const fates = [() => 0, () => 0.5, () => 0.99, ...Array.from({ length: 4 }, (_, seed) => seed)]
  for (const keepBytes of [0, 200]) {
    let cuts = 0
    for (const fate of fates) {
      for (let calls = 0; ; calls++) {
        const disk = new VolatileDisk()
        const crashed = disk.crashAfter(calls, typeof fate === 'number' ? chances(fate) : fate)
        const promised = { confirmed: 0, acked: 0 }
        const outcome = await Promise.race([
          live(disk, keepBytes, promised).then(() => 'through'),
          crashed.then(() => 'cut'),
        ])
        if (outcome === 'through') break
        cuts += 1
        await check(disk, keepBytes, promised, `cut ${calls}, fate ${fate}, keep ${keepBytes}`)
      }
    }
    assert.ok(cuts > 500, `${cuts} cuts`)
  }
})
