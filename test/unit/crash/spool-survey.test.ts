import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'
import { unackedRecords, whereInSpool } from '../../crash/spool-survey.ts'

async function spoolIn(t: TestContext): Promise<{ folder: string; spool: FileSpool }> {
  const parent = mkdtempSync(join(tmpdir(), 'spool-survey-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'spool')
  const spool = await FileSpool.open({
    folder,
    disk: nodeDisk,
    processes: nodeProcesses,
    segmentBytes: 1_000,
  })
  t.after(() => spool.close())
  return { folder, spool }
}

test('counts what was appended and not acked, over all segments, while the spool is open and after', async (t) => {
  const { folder, spool } = await spoolIn(t)
  assert.equal(await unackedRecords(folder), 0)
  for (let n = 0; n < 20; n++) await spool.append(Buffer.alloc(200, n))
  assert.equal(await unackedRecords(folder), 20)
  await spool.read({ records: 100, bytes: 1_000_000 })
  await spool.ack(6)
  assert.equal(await unackedRecords(folder), 13)
  await spool.ack(19)
  assert.equal(await unackedRecords(folder), 0)
  await spool.close()
  assert.equal(await unackedRecords(folder), 0)
})

test('finds an event by its id in the files of the spool, and says so where it is in none', async (t) => {
  const { folder, spool } = await spoolIn(t)
  await spool.append(Buffer.from('an event with the id 0b5e'))
  const where = await whereInSpool(folder)
  assert.match(where('0b5e'), /^it is in .*\.segment$/)
  assert.equal(where('ffff'), 'it is not in the spool either')
})

test('a folder that is not there holds nothing', async () => {
  const missing = join(tmpdir(), 'spool-survey-missing')
  assert.equal(await unackedRecords(missing), 0)
  assert.equal((await whereInSpool(missing))('0b5e'), 'it is not in the spool either')
})
