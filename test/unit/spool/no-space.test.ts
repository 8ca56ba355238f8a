import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'

test('with no space at the k-th write it refuses one record, recovers alone, and keeps exactly what it took', async (t) => {
  for (let k = 2; k < 14; k++) {
    const folder = await mkdtemp(join(tmpdir(), 'spool-'))
    t.after(() => rm(folder, { recursive: true }))
    let writes = 0
    const disk = {
      ...nodeDisk,
      async create(path: string) {
        const file = await nodeDisk.create(path)
        const write = file.write.bind(file)
        file.write = async (buffers, position) => {
          await write(buffers, position)
          writes += 1
          if (writes === k) throw Object.assign(new Error('no space'), { code: 'ENOSPC' })
        }
        return file
      },
    }
    const spool = await FileSpool.open({ folder, disk, processes: nodeProcesses, segmentBytes: 150 })
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
    const again = await FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
    const records = await again.read({ records: 100, bytes: 1 << 20 })
    assert.deepEqual(
      records.map(({ content }) => content.toString()),
      kept,
    )
    assert.equal(again.state().badRecords, 0)
    await again.close()
  }
})
