import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { filled, folderOf, onlySegmentIn, openSpool, segmentsIn, texts } from './temporary-spool.ts'

const headerBytes = 32
const contents = ['first', 'the second', 'third one', 'and the last']
/** Where each record begins, and where the last one ends. */
const borders = [headerBytes]
for (const text of contents) borders.push((borders.at(-1) ?? 0) + headerBytes + text.length)

/** All that a spool gives within what it has, and its count of bad records; it must close as well. */
async function readAll(folder: string): Promise<{ readonly got: string[]; readonly bad: number }> {
  const spool = await openSpool(folder)
  const got: string[] = []
  // A record appended at the end says that all before it has been passed.
  await spool.append(Buffer.from('end'))
  while (got.at(-1) !== 'end') got.push(...(await texts(spool)))
  const { badRecords } = spool.state()
  await spool.close()
  return { got: got.slice(0, -1), bad: badRecords }
}

/** Four records, the second of them acked where asked, in a folder that can be put back to this state. */
async function prepared(
  t: TestContext,
  acked = false,
): Promise<{ folder: string; reset: () => Promise<void> }> {
  const folder = await folderOf(t)
  const copy = join(dirname(folder), 'copy')
  await filled(folder, contents)
  if (acked) {
    const spool = await openSpool(folder)
    await texts(spool)
    await spool.ack(1)
    await spool.close()
  }
  await cp(folder, copy, { recursive: true })
  const reset = async (): Promise<void> => {
    await rm(folder, { recursive: true })
    await mkdir(folder, { mode: 0o700 })
    await cp(copy, folder, { recursive: true })
  }
  return { folder, reset }
}

async function flipBit(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (at % 8)), at)
  await writeFile(path, bytes)
}

test('cut off at any byte of the last two records, it gives exactly the whole ones before', async (t) => {
  const { folder, reset } = await prepared(t)
  const [, , second = 0, third = 0, end = 0] = borders
  for (let size = second; size < end; size++) {
    await truncate(await onlySegmentIn(folder), size)
    const { got, bad } = await readAll(folder)
    assert.deepEqual(got, contents.slice(0, size < third ? 2 : 3), `cut at ${size}`)
    assert.equal(bad, 0)
    await reset()
  }
})

test('a bit flipped in any byte of any record costs that record alone, and it is counted and set aside', async (t) => {
  const { folder, reset } = await prepared(t)
  for (let at = headerBytes; at < (borders.at(-1) ?? 0); at++) {
    const path = await onlySegmentIn(folder)
    await flipBit(path, at)
    const hit = borders.findLastIndex((border) => border <= at)
    const start = borders[hit] ?? 0
    const damaged = (await readFile(path)).subarray(start, borders[hit + 1])
    const { got, bad } = await readAll(folder)
    assert.deepEqual(got, contents.toSpliced(hit, 1), `byte ${at}`)
    assert.equal(bad, 1)
    const aside = await readFile(join(folder, `${basename(path)}-${start}.bad`))
    assert.ok(aside.equals(damaged), `byte ${at}`)
    await reset()
  }
})

test('a bit flipped in any byte of the header of a segment costs nothing', async (t) => {
  const { folder, reset } = await prepared(t)
  for (let at = 0; at < headerBytes; at++) {
    await flipBit(await onlySegmentIn(folder), at)
    assert.deepEqual(await readAll(folder), { got: contents, bad: 0 }, `byte ${at}`)
    await reset()
  }
})

test('a cursor that is damaged in any byte, torn, empty or gone costs repeats only', async (t) => {
  const { folder, reset } = await prepared(t, true)
  assert.deepEqual((await readAll(folder)).got, contents.slice(2))
  await reset()
  const cursor = join(folder, 'cursor')
  const { length } = await readFile(cursor)
  for (let at = 0; at < length; at++) {
    await flipBit(cursor, at)
    assert.deepEqual(await readAll(folder), { got: contents, bad: 0 }, `byte ${at}`)
    await reset()
    await truncate(cursor, at)
    assert.deepEqual(await readAll(folder), { got: contents, bad: 0 }, `${at} bytes`)
    await reset()
  }
  await rm(cursor)
  assert.deepEqual(await readAll(folder), { got: contents, bad: 0 })
})

test('after a missing segment it reads on, and counts what is gone', async (t) => {
  const folder = await folderOf(t)
  await filled(folder, contents, { segmentBytes: 1 })
  const [, second = ''] = await segmentsIn(folder)
  await rm(second)
  assert.deepEqual(await readAll(folder), { got: contents.toSpliced(1, 1), bad: 1 })
})

test('an extra segment without a record, before, between or after the others, changes nothing', async (t) => {
  for (const first of [0, 2, 4, 9]) {
    for (const size of [0, 5, headerBytes]) {
      const folder = await folderOf(t)
      await filled(folder, contents, { segmentBytes: 1 })
      const name = `${String(first).padStart(16, '0')}-0badf00d.segment`
      await writeFile(join(folder, name), Buffer.alloc(size), { mode: 0o600 })
      assert.deepEqual(await readAll(folder), { got: contents, bad: 0 }, `${size} bytes at ${first}`)
    }
  }
})

test('with a cursor ahead of the data it starts, and gives no number out twice', async (t) => {
  const folder = await folderOf(t)
  await filled(folder, contents, { segmentBytes: 1 })
  const spool = await openSpool(folder)
  await texts(spool)
  await spool.ack(3)
  await spool.close()
  for (const path of (await segmentsIn(folder)).slice(1)) await rm(path)
  const again = await openSpool(folder)
  assert.equal(again.state().unacked, 0)
  await again.append(Buffer.from('new'))
  const [record] = await again.read({ records: 1, bytes: 100 })
  assert.equal(record?.sequence, 4)
  assert.equal(again.state().badRecords, 0)
  await again.close()
})

test('with a cursor older than the oldest segment it begins there, and says that records are missing', async (t) => {
  const folder = await folderOf(t)
  await filled(folder, contents, { segmentBytes: 1 })
  const spool = await openSpool(folder)
  await spool.read({ records: 1, bytes: 100 })
  await spool.ack(0)
  await spool.close()
  for (const path of (await segmentsIn(folder)).slice(0, 3)) await rm(path)
  assert.deepEqual(await readAll(folder), { got: contents.slice(3), bad: 2 })
})

test('an empty file, a foreign file and a folder of any other name are left alone', async (t) => {
  const folder = await folderOf(t)
  await filled(folder, contents)
  await writeFile(join(folder, 'notes.txt'), 'mine')
  await mkdir(join(folder, 'lost+found'))
  assert.deepEqual(await readAll(folder), { got: contents, bad: 0 })
  assert.ok((await readdir(folder)).includes('notes.txt'))
})
