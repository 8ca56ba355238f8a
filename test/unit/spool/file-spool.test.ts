import assert from 'node:assert/strict'
import { appendFile, readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { crc32c } from '../../../src/spool/crc32c.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { folderOf, openSpool, texts } from './temporary-spool.ts'

test('the checksum is CRC-32C', () => {
  assert.equal(crc32c(Buffer.from('123456789')), 0xe3069283)
})

test('gives records back in order, and after a restart those that were not acked', async (t) => {
  const folder = await folderOf(t)
  const first = await openSpool(folder)
  await Promise.all(['a', 'b', 'c'].map((text) => first.append(Buffer.from(text))))
  assert.deepEqual(await texts(first), ['a', 'b', 'c'])
  await first.ack(0)
  await first.close()
  const second = await openSpool(folder)
  await second.append(Buffer.from('d'))
  assert.equal(second.state().unacked, 3)
  assert.deepEqual(await texts(second), ['b', 'c', 'd'])
  await second.close()
})

test('folders are for the owner alone, and so is every file in it', async (t) => {
  const folder = await folderOf(t)
  const spool = await openSpool(folder, { segmentBytes: 50 })
  for (const text of ['a', 'b']) await spool.append(Buffer.from(text))
  await texts(spool)
  await spool.ack(0)
  for (const path of [folder, join(folder, '..')]) assert.equal((await stat(path)).mode & 0o777, 0o700)
  const names = await readdir(folder)
  assert.deepEqual(names.map((name) => name.replace(/^.*(\.segment)$/, '$1')).sort(), [
    '.segment',
    '.segment',
    'cursor',
    'lock',
  ])
  for (const name of names) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600, name)
  await spool.close()
})

test('at its limit it refuses, and takes again when what it holds is acked', async (t) => {
  const folder = await folderOf(t)
  const spool = await openSpool(folder, { maxBytes: 8_000 })
  let accepted = 0
  await assert.rejects(
    async () => {
      for (; ; accepted++) await spool.append(Buffer.alloc(500))
    },
    (error) => isRelayError(error, 'SPOOL_FULL'),
  )
  await assert.rejects(spool.append(Buffer.alloc(8_000)), (error) => isRelayError(error, 'TOO_LARGE'))
  const records = await spool.read({ records: 100, bytes: 1 << 20 })
  assert.equal(records.length, accepted)
  await spool.ack(accepted - 1)
  await spool.append(Buffer.alloc(500))
  await spool.close()
})

test('a record given out does not change when its buffer is used again', async (t) => {
  const spool = await openSpool(await folderOf(t))
  const buffer = Buffer.from('before')
  await spool.append(buffer)
  buffer.fill('x')
  assert.deepEqual(await texts(spool), ['before'])
  await spool.close()
})

test('an ack reaches no further than what was given', async (t) => {
  const folder = await folderOf(t)
  const spool = await openSpool(folder)
  for (const text of ['a', 'b', 'c']) await spool.append(Buffer.from(text))
  await spool.read({ records: 1, bytes: 100 })
  await spool.ack(99)
  assert.equal(spool.state().unacked, 2)
  assert.deepEqual(await texts(spool), ['b', 'c'])
  assert.equal(spool.state().badRecords, 0)
  await spool.close()
})

test('close lets appends in hand settle, and a waiting read give none', async (t) => {
  const folder = await folderOf(t)
  const spool = await openSpool(folder)
  const waiting = spool.read({ records: 1, bytes: 100 })
  assert.equal(spool.state().oldestAgeMs, undefined)
  const appends = ['a', 'b'].map((text) => spool.append(Buffer.from(text)))
  const closed = spool.close()
  await assert.rejects(spool.append(Buffer.from('c')), (error) => isRelayError(error, 'SINK_CLOSED'))
  await assert.rejects(spool.ack(0), (error) => isRelayError(error, 'SINK_CLOSED'))
  await Promise.all([...appends, closed, spool.close()])
  assert.deepEqual(await waiting, [])
  assert.deepEqual(await spool.read({ records: 1, bytes: 100 }), [])
  const again = await openSpool(folder)
  assert.deepEqual(await texts(again), ['a', 'b'])
  await again.close()
})

test('a record that becomes durable while the reader meets the end of the log is not passed over', async (t) => {
  // Without memory each record is read from the disk, right behind the writer.
  const spool = await openSpool(await folderOf(t), { memoryBytes: 0, segmentBytes: 2_000 })
  const got: string[] = []
  const appending = (async () => {
    for (let number = 0; number < 300; number++) await spool.append(Buffer.from(`${number}`))
  })()
  while (got.length < 300) {
    const records = await spool.read({ records: 3, bytes: 1_000 })
    got.push(...records.map(({ content }) => content.toString()))
    assert.equal(spool.state().badRecords, 0)
  }
  await appending
  assert.deepEqual(
    got,
    Array.from({ length: 300 }, (_, number) => `${number}`),
  )
  await spool.close()
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
  const spool = await openSpool(folder, { disk })
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
  const spool = await openSpool(folder, { memoryBytes: 10, segmentBytes: 100 })
  const wanted = Array.from({ length: 50 }, (_, index) => `record ${index}`)
  for (const text of wanted) await spool.append(Buffer.from(text))
  assert.deepEqual(await texts(spool), wanted)
  await spool.ack(49)
  assert.equal(spool.state().unacked, 0)
  await spool.close()
  await appendFile(join(folder, 'cursor'), 'x')
  await (await openSpool(folder)).close()
})
