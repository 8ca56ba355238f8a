import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { QuarantineFiles } from '../../../src/gateway/quarantine-files.ts'
import type { Disk } from '../../../src/spool/disk.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'quarantine-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'rejected')
}

/** A disk on which the first so many writes find no space after half of the bytes. */
function fullDisk(writes: number): Disk {
  let left = writes
  return {
    ...nodeDisk,
    async create(path) {
      const file = await nodeDisk.create(path)
      return {
        ...file,
        read: (position, length) => file.read(position, length),
        size: () => file.size(),
        truncate: (size) => file.truncate(size),
        sync: () => file.sync(),
        close: () => file.close(),
        async write(buffers, position) {
          if (left-- <= 0) return file.write(buffers, position)
          const [content = Buffer.alloc(0)] = buffers
          await file.write([content.subarray(0, content.length / 2)], position)
          throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
        },
      }
    },
  }
}

test('a body is kept whole, once, readable for this user alone', async (t) => {
  const folder = folderOf(t)
  const files = new QuarantineFiles({ folder, disk: nodeDisk, maxBytes: 1_000 })
  assert.equal(await files.keep('a', Buffer.from('the body')), 'a')
  assert.equal(await files.keep('a', Buffer.from('the body')), 'a')
  assert.deepEqual(readdirSync(folder), ['a'])
  assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'the body')
  assert.equal(statSync(join(folder, 'a')).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
})

test('bodies that come at once are all kept, as far as there is room, and no further', async (t) => {
  const folder = folderOf(t)
  const files = new QuarantineFiles({ folder, disk: nodeDisk, maxBytes: 1_000 })
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const kept = await Promise.all(names.map((name) => files.keep(name, Buffer.alloc(200, name))))
  assert.deepEqual(kept, ['a', 'b', 'c', 'd', 'e', undefined, undefined])
  assert.deepEqual(readdirSync(folder).toSorted(), ['a', 'b', 'c', 'd', 'e'])
})

test('where files were deleted there is room again', async (t) => {
  const folder = folderOf(t)
  const files = new QuarantineFiles({ folder, disk: nodeDisk, maxBytes: 1_000 })
  await files.keep('a', Buffer.alloc(900))
  assert.equal(await files.keep('b', Buffer.alloc(900)), undefined)
  unlinkSync(join(folder, 'a'))
  assert.equal(await files.keep('b', Buffer.alloc(900)), 'b')
})

test('a full disk is not kept full by half a file, and the next body is kept when there is space', async (t) => {
  const folder = folderOf(t)
  const files = new QuarantineFiles({ folder, disk: fullDisk(1), maxBytes: 1_000 })
  await assert.rejects(files.keep('a', Buffer.alloc(100)), { code: 'ENOSPC' })
  assert.deepEqual(readdirSync(folder), [])
  assert.equal(await files.keep('a', Buffer.alloc(100)), 'a')
})

test('what a crash left unfinished is written anew and takes no room of its own', async (t) => {
  const folder = folderOf(t)
  const files = new QuarantineFiles({ folder, disk: nodeDisk, maxBytes: 1_000 })
  await files.keep('before', Buffer.alloc(1))
  writeFileSync(join(folder, 'a.part'), Buffer.alloc(500))
  assert.equal(await files.keep('a', Buffer.alloc(900, 'a')), 'a')
  assert.deepEqual(readdirSync(folder).toSorted(), ['a', 'before'])
  assert.ok(readFileSync(join(folder, 'a')).equals(Buffer.alloc(900, 'a')))
})
