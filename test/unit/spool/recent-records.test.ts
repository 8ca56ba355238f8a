import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Disk } from '../../../src/spool/disk.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { filled, folderOf, openSpool, recentTexts, segmentsIn, texts } from './temporary-spool.ts'

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `n${from + index}`)

test('what is acked is still among the recent records, also after a restart, and is not given again', async (t) => {
  const folder = await folderOf(t)
  const options = { segmentBytes: 100, keepBytes: 1_000 }
  const spool = await openSpool(folder, options)
  for (const text of numbers(0, 12)) await spool.append(Buffer.from(text))
  await texts(spool)
  await spool.ack(9)
  assert.deepEqual(await recentTexts(spool), numbers(0, 12))
  await spool.close()
  const again = await openSpool(folder, options)
  assert.deepEqual(await recentTexts(again), numbers(0, 12))
  assert.deepEqual(await texts(again), numbers(10, 12))
  assert.equal(again.state().unacked, 2)
  await again.close()
})

test('with nothing to keep, acked segments go at once, and at the next start where a crash left them', async (t) => {
  const folder = await folderOf(t)
  await filled(folder, numbers(0, 12), { segmentBytes: 100 })
  const spool = await openSpool(folder, { keepBytes: 1_000 })
  await texts(spool)
  await spool.ack(11)
  await spool.close()
  assert.ok((await segmentsIn(folder)).length > 1)
  const none = await openSpool(folder, { keepBytes: 0 })
  assert.equal(none.state().bytes, 0)
  assert.deepEqual(await segmentsIn(folder), [])
  await none.close()
})

test('keeps at least the bytes it was told, and at most one segment more', async (t) => {
  const folder = await folderOf(t)
  const spool = await openSpool(folder, { segmentBytes: 100, keepBytes: 500 })
  for (const text of numbers(0, 200)) await spool.append(Buffer.from(text))
  await texts(spool)
  await spool.ack(199)
  const { bytes } = spool.state()
  // Three records of 36 bytes and a header fill a segment; the last one is still being written.
  assert.ok(bytes >= 500 && bytes < 500 + 3 * 140, `${bytes} bytes`)
  await spool.close()
})

test('kept segments give way before an append is refused at the limit', async (t) => {
  const spool = await openSpool(await folderOf(t), { maxBytes: 8_000, keepBytes: 1_000 })
  for (let round = 0; round < 30; round++) {
    await spool.append(Buffer.alloc(500))
    await texts(spool)
    await spool.ack(round)
  }
  assert.ok(spool.state().bytes >= 1_000)
  let accepted = 0
  while (spool.state().heldBytes + 500 + 64 <= 8_000) {
    await spool.append(Buffer.alloc(500))
    accepted += 1
    assert.ok(spool.state().bytes <= 8_000)
  }
  assert.ok(accepted >= 13, `${accepted} more fitted`)
  await spool.close()
})

test('kept segments give way when the disk is full, one after the other, and the append succeeds', async (t) => {
  const folder = await folderOf(t)
  const used = new Map<string, number>()
  let room = Number.POSITIVE_INFINITY
  const disk: Disk = {
    ...nodeDisk,
    async create(path) {
      const file = await nodeDisk.create(path)
      const write = file.write.bind(file)
      file.write = async (buffers, position) => {
        const end = position + buffers.reduce((sum, { length }) => sum + length, 0)
        const others = [...used].reduce((sum, [name, size]) => sum + (name === path ? 0 : size), 0)
        if (path.endsWith('.segment') && others + end > room)
          throw Object.assign(new Error('full'), { code: 'ENOSPC' })
        await write(buffers, position)
        used.set(path, end)
      }
      return file
    },
    async unlink(path) {
      await nodeDisk.unlink(path)
      used.delete(path)
    },
  }
  const spool = await openSpool(folder, { disk, segmentBytes: 100, keepBytes: 1_000 })
  for (const text of numbers(0, 12)) await spool.append(Buffer.from(text))
  await texts(spool)
  await spool.ack(11)
  const before = await segmentsIn(folder)
  room = spool.state().bytes
  await spool.append(Buffer.alloc(150))
  const after = await segmentsIn(folder)
  assert.ok(!after.includes(before[0] ?? ''), 'the oldest is gone')
  assert.ok(after.includes(before.at(-1) ?? ''), 'the newest is not')
  await spool.close()
})

test('gives the newest by number and by age, without moving the reader', async (t) => {
  const clock = new ManualClock()
  const spool = await openSpool(await folderOf(t), { segmentBytes: 100, keepBytes: 1_000, clock })
  for (const text of numbers(0, 10)) {
    await spool.append(Buffer.from(text))
    await clock.advance(10)
  }
  assert.deepEqual(await recentTexts(spool, { records: 4 }), numbers(6, 10))
  assert.deepEqual(await recentTexts(spool, { sinceMs: clock.now() - 30 }), numbers(7, 10))
  assert.deepEqual(await recentTexts(spool, { sinceMs: clock.now() + 1 }), [])
  assert.deepEqual(await recentTexts(spool, { records: 0 }), [])
  assert.deepEqual(await texts(spool), numbers(0, 10))
  assert.equal(spool.state().unacked, 10)
  await spool.close()
})

test('goes back no further than it must', async (t) => {
  const folder = await folderOf(t)
  let opened: string[] = []
  const disk: Disk = {
    ...nodeDisk,
    open(path) {
      opened.push(path)
      return nodeDisk.open(path)
    },
  }
  const spool = await openSpool(folder, { disk, segmentBytes: 100 })
  for (const text of numbers(0, 60)) await spool.append(Buffer.from(text))
  const segments = await segmentsIn(folder)
  opened = []
  assert.deepEqual(await recentTexts(spool, { records: 4 }), numbers(56, 60))
  assert.deepEqual(
    [...new Set(opened)].sort(),
    segments.slice(-2),
    `${opened.length} of ${segments.length} segments`,
  )
  await spool.close()
})

test('leaves damaged records out, and counts none of them', async (t) => {
  const folder = await folderOf(t)
  await filled(folder, ['one', 'two', 'six'])
  const [path = ''] = await segmentsIn(folder)
  const bytes = await readFile(path)
  bytes.writeUInt8(0xff, 32 + 35 + 33)
  await writeFile(path, bytes)
  const spool = await openSpool(folder)
  assert.deepEqual(await recentTexts(spool), ['one', 'six'])
  assert.equal(spool.state().badRecords, 0)
  assert.deepEqual(await texts(spool), ['one', 'six'])
  assert.equal(spool.state().badRecords, 1)
  assert.deepEqual(await recentTexts(spool), ['one', 'six'])
  assert.equal(spool.state().badRecords, 1)
  await spool.close()
})
