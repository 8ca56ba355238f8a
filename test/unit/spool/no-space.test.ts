import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, isRelayError } from '../../../src/errors.ts'
import type { Disk, DiskFile } from '../../../src/spool/disk.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { folderOf, openSpool, texts } from './temporary-spool.ts'

type Call = 'write' | 'sync' | 'truncate'

/** The real disk, whose files fail with these codes: each call of a kind takes the next one, and an empty one is none. */
class FailingDisk {
  readonly #codes: Record<Call, string[]> = { write: [], sync: [], truncate: [] }
  readonly disk: Disk = {
    ...nodeDisk,
    create: async (path) => this.#failing(await nodeDisk.create(path)),
  }

  next(call: Call, ...codes: string[]): void {
    this.#codes[call].push(...codes)
  }

  #failing(file: DiskFile): DiskFile {
    for (const call of ['write', 'sync', 'truncate'] as const) {
      const real: (...parameters: never[]) => Promise<void> = file[call].bind(file)
      file[call] = async (...parameters: never[]) => {
        const code = this.#codes[call].shift() ?? ''
        // A write that finds no room may have taken all the same.
        if (code === '' || call === 'write') await real(...parameters)
        if (code !== '') throw Object.assign(new Error(code), { code })
      }
    }
    return file
  }
}

const is = (code: ErrorCode) => (error: unknown) => isRelayError(error, code)

test('with no space at the k-th write it refuses one record, recovers alone, and keeps exactly what it took', async (t) => {
  for (let k = 0; k < 13; k++) {
    const folder = await folderOf(t)
    const failing = new FailingDisk()
    const spool = await openSpool(folder, { disk: failing.disk, segmentBytes: 150 })
    failing.next('write', ...Array.from({ length: k }, () => ''), 'ENOSPC')
    const kept: string[] = []
    for (let number = 0; number < 12; number++) {
      try {
        await spool.append(Buffer.from(`n${number}`))
        kept.push(`n${number}`)
      } catch (error) {
        assert.ok(isRelayError(error, 'SPOOL_FULL'), String(error))
      }
    }
    assert.equal(kept.length, 11)
    await spool.close()
    const again = await openSpool(folder)
    assert.deepEqual(await texts(again), kept)
    assert.equal(again.state().badRecords, 0)
    await again.close()
  }
})

test('a sync that finds no space refuses its group, which never comes back, and the next append works', async (t) => {
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const folder = await folderOf(t)
    const failing = new FailingDisk()
    const spool = await openSpool(folder, { disk: failing.disk })
    await spool.append(Buffer.from('a'))
    failing.next('sync', code)
    const group = ['b', 'c'].map((text) => spool.append(Buffer.from(text)))
    for (const append of group) await assert.rejects(append, is('SPOOL_FULL'))
    await spool.append(Buffer.from('d'))
    assert.deepEqual(await texts(spool), ['a', 'd'])
    await spool.close()
    const again = await openSpool(folder)
    assert.deepEqual(await texts(again), ['a', 'd'])
    assert.equal(again.state().badRecords, 0)
    await again.close()
  }
})

test('where a refused group cannot be taken back nothing is accepted any more, whatever the reason', async (t) => {
  const cases: readonly (readonly [Call, Call, string, string])[] = [
    ['write', 'truncate', 'ENOSPC', 'EIO'],
    ['write', 'truncate', 'ENOSPC', 'ENOSPC'],
    ['write', 'sync', 'ENOSPC', 'ENOSPC'],
    ['sync', 'truncate', 'ENOSPC', 'ENOSPC'],
  ]
  for (const [first, second, firstCode, secondCode] of cases) {
    const folder = await folderOf(t)
    const failing = new FailingDisk()
    const spool = await openSpool(folder, { disk: failing.disk })
    await spool.append(Buffer.from('a'))
    failing.next(first, firstCode)
    failing.next(second, secondCode)
    await assert.rejects(spool.append(Buffer.from('b')), is('SPOOL_FAILED'))
    await assert.rejects(spool.append(Buffer.from('c')), is('SPOOL_FAILED'))
    await assert.rejects(spool.read({ records: 1, bytes: 1 }), is('SPOOL_FAILED'))
    assert.match(spool.state().failure ?? '', /could not be taken back/)
    await spool.close()
  }
})

test('a sync of records that fails for another reason is never tried again', async (t) => {
  const folder = await folderOf(t)
  const failing = new FailingDisk()
  const spool = await openSpool(folder, { disk: failing.disk })
  await spool.append(Buffer.from('a'))
  failing.next('sync', 'EIO')
  failing.next('truncate', 'must not come to this')
  await assert.rejects(spool.append(Buffer.from('b')), is('SPOOL_FAILED'))
  assert.doesNotMatch(spool.state().failure ?? '', /could not be taken back/)
  await spool.close()
})

test('an ack that finds no space for its note is refused, and the next one makes up for it', async (t) => {
  const folder = await folderOf(t)
  const failing = new FailingDisk()
  const spool = await openSpool(folder, { disk: failing.disk, keepBytes: 0 })
  for (const text of ['a', 'b', 'c']) await spool.append(Buffer.from(text))
  await texts(spool)
  failing.next('write', 'ENOSPC', 'ENOSPC', 'ENOSPC')
  await assert.rejects(spool.ack(0), is('SPOOL_FULL'))
  await spool.ack(1).catch((error: unknown) => assert.ok(isRelayError(error, 'SPOOL_FULL')))
  await spool.ack(1)
  await spool.close()
  const again = await openSpool(folder)
  assert.deepEqual(await texts(again), ['c'])
  await again.close()
})
