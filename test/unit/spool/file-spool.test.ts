import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { crc32c } from '../../../src/spool/crc32c.ts'
import { FileSpool, type FileSpoolOptions } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'

const limits = { records: 1_000, bytes: 1 << 20 }

async function folderOf(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spool-'))
  t.after(() => rm(folder, { recursive: true }))
  return join(folder, 'a', 'b')
}

function open(folder: string, more: Partial<FileSpoolOptions> = {}): Promise<FileSpool> {
  return FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses, ...more })
}

async function texts(spool: FileSpool): Promise<string[]> {
  return (await spool.read(limits)).map(({ content }) => content.toString())
}

async function segmentIn(folder: string): Promise<string> {
  const name = (await readdir(folder)).find((entry) => entry.endsWith('.segment'))
  assert.ok(name)
  return join(folder, name)
}

test('the checksum is CRC-32C', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

test('gives records back in order, and after a restart those that were not acked', async (t) => {
  const folder = await folderOf(t)
  const first = await open(folder)
  await Promise.all(['a', 'b', 'c'].map((text) => first.append(Buffer.from(text))))
  assert.deepEqual(await texts(first), ['a', 'b', 'c'])
  await first.ack(0)
  await first.close()
  const second = await open(folder)
  await second.append(Buffer.from('d'))
  assert.equal(second.state().unacked, 3)
  assert.deepEqual(await texts(second), ['b', 'c', 'd'])
  await second.close()
  assert.equal((await stat(folder)).mode & 0o777, 0o700)
  assert.equal((await stat(await segmentIn(folder))).mode & 0o777, 0o600)
})

test('a second opener is refused while the first lives', async (t) => {
  const folder = await folderOf(t)
  const spool = await open(folder)
  await assert.rejects(open(folder), (error) => isRelayError(error, 'SPOOL_LOCKED'))
  await spool.close()
  await writeFile(join(folder, 'lock'), `${process.pid} another-start\n`)
  await (await open(folder)).close()
})

test('at its limit it refuses, and takes again when what it holds is acked', async (t) => {
  const folder = await folderOf(t)
  const spool = await open(folder, { maxBytes: 8_000 })
  let accepted = 0
  await assert.rejects(
    async () => {
      for (; ; accepted++) await spool.append(Buffer.alloc(500))
    },
    (error) => isRelayError(error, 'SPOOL_FULL'),
  )
  const records = await spool.read({ records: 100, bytes: 1 << 20 })
  assert.equal(records.length, accepted)
  await spool.ack(accepted - 1)
  await spool.append(Buffer.alloc(500))
  await spool.close()
})

test('an unfinished write at the end is cut off, whatever its length', async (t) => {
  const folder = await folderOf(t)
  const spool = await open(folder)
  await spool.append(Buffer.from('kept'))
  await spool.close()
  const path = await segmentIn(folder)
  const whole = await readFile(path)
  const frame = whole.subarray(32)
  for (let length = 0; length < frame.length; length++) {
    await writeFile(path, whole.subarray(0, 32 + length))
    const again = await open(folder)
    assert.equal(again.state().unacked, 0)
    await again.close()
  }
})

test('a bit flipped in any byte of a record costs that record alone', async (t) => {
  const folder = await folderOf(t)
  const spool = await open(folder)
  for (const text of ['one', 'two', 'six']) await spool.append(Buffer.from(text))
  await spool.close()
  const path = await segmentIn(folder)
  const whole = await readFile(path)
  for (let at = 32 + 35; at < 32 + 70; at++) {
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(at) ^ 4, at)
    await writeFile(path, flipped)
    const again = await open(folder)
    assert.deepEqual(await texts(again), ['one', 'six'], `byte ${at}`)
    assert.equal(again.state().badRecords, 1)
    await again.close()
  }
  assert.ok((await readdir(folder)).some((name) => name.endsWith('.bad')))
})

test('after a sync that fails it accepts nothing any more, and does not sync again', async (t) => {
  const folder = await folderOf(t)
  let syncs = 0
  let broken = false
  const disk = {
    ...nodeDisk,
    async create(path: string) {
      const file = await nodeDisk.create(path)
      const sync = file.sync.bind(file)
      file.sync = async () => {
        if (!broken) return sync()
        syncs += 1
        throw Object.assign(new Error('EIO'), { code: 'EIO' })
      }
      return file
    },
  }
  const spool = await open(folder, { disk })
  await spool.append(Buffer.from('kept'))
  broken = true
  for (let tries = 0; tries < 3; tries++) {
    await assert.rejects(spool.append(Buffer.from('lost')), (error) => isRelayError(error, 'SPOOL_FAILED'))
  }
  assert.equal(syncs, 1)
  await spool.close()
})

test('reads on from the disk what no longer fits the memory', async (t) => {
  const folder = await folderOf(t)
  const spool = await open(folder, { memoryBytes: 10, segmentBytes: 100 })
  const wanted = Array.from({ length: 50 }, (_, index) => `record ${index}`)
  for (const text of wanted) await spool.append(Buffer.from(text))
  assert.deepEqual(await texts(spool), wanted)
  await spool.ack(49)
  assert.equal(spool.state().unacked, 0)
  await spool.close()
  await appendFile(join(folder, 'cursor'), 'x')
  await (await open(folder)).close()
})
