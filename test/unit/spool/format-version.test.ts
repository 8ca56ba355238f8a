import assert from 'node:assert/strict'
import { chmod, cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isRelayError } from '../../../src/errors.ts'
import { crc32c } from '../../../src/spool/crc32c.ts'
import { folderOf, openSpool, recentTexts, segmentsIn, texts } from './temporary-spool.ts'

const golden = fileURLToPath(import.meta.resolve('../../fixtures/spool/v1'))
const contents = Array.from({ length: 10 }, (_, number) => `record ${number} ${'é'.repeat(number)}`)

async function goldenCopy(t: TestContext): Promise<string> {
  const folder = await folderOf(t)
  await cp(golden, folder, { recursive: true })
  await chmod(folder, 0o700)
  return folder
}

async function contentsOf(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).sort()
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(folder, name))).toString('hex')] as const),
    ),
  )
}

test('reads a spool of version 1: what was not acked, and the rest as recent', async (t) => {
  const spool = await openSpool(await goldenCopy(t))
  assert.deepEqual(await recentTexts(spool), contents)
  const records = await spool.read({ records: 10, bytes: 10_000 })
  assert.deepEqual(
    records.map(({ content }) => content.toString()),
    contents.slice(6),
  )
  assert.deepEqual(
    records.map(({ sequence, appendedAt }) => [sequence, appendedAt]),
    [6, 7, 8, 9].map((sequence) => [sequence, 1_763_000_000_000]),
  )
  await spool.append(Buffer.from('more'))
  assert.deepEqual(await texts(spool), ['more'])
  assert.equal(spool.state().badRecords, 0)
  await spool.close()
})

test('a segment of a newer version is refused with both numbers, and the folder stays as it is', async (t) => {
  const count = (await segmentsIn(golden)).length
  for (let index = 0; index < count; index++) {
    const folder = await goldenCopy(t)
    // What recovery would remove: a segment that a crash left empty.
    await writeFile(join(folder, '0000000000000010-00000000.segment'), '', { mode: 0o600 })
    const path = (await segmentsIn(folder))[index] ?? ''
    const bytes = await readFile(path)
    bytes.writeUInt16BE(2, 8)
    bytes.writeUInt32BE(crc32c(bytes.subarray(0, 28)), 28)
    await writeFile(path, bytes)
    await refusedUnchanged(folder)
  }
})

test('a cursor of a newer version is refused as well: taken for damaged it would send all again', async (t) => {
  const folder = await goldenCopy(t)
  const path = join(folder, 'cursor')
  const bytes = await readFile(path)
  bytes.writeUInt16BE(2, 4)
  bytes.writeUInt32BE(crc32c(bytes.subarray(0, 16)), 16)
  await writeFile(path, bytes)
  await refusedUnchanged(folder)
})

async function refusedUnchanged(folder: string): Promise<void> {
  const before = await contentsOf(folder)
  await assert.rejects(openSpool(folder), (error) => {
    assert.ok(isRelayError(error, 'SPOOL_VERSION'), String(error))
    assert.match(error.message, /version 2 of the spool format, this program reads 1/)
    return true
  })
  assert.deepEqual(await contentsOf(folder), before)
}
