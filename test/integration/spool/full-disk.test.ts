import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import type { FileSpool } from '../../../src/spool/file-spool.ts'
import { openSpool } from '../../unit/spool/temporary-spool.ts'
import { temporaryFolder } from './child.ts'

const options = { segmentBytes: 128 * 1024, keepBytes: 256 * 1024 }

/** A record says its number and is of 10 KiB. */
function contentOf(number: number): Buffer {
  const content = Buffer.alloc(10_240, number % 251)
  content.writeUInt32BE(number)
  return content
}

async function takeAll(spool: FileSpool, upTo: number): Promise<{ numbers: number[]; sequence: number }> {
  const numbers: number[] = []
  let sequence = -1
  while (numbers.length < upTo) {
    for (const record of await spool.read({ records: upTo - numbers.length, bytes: 1 << 24 })) {
      const number = record.content.readUInt32BE()
      assert.ok(record.content.equals(contentOf(number)))
      numbers.push(number)
      sequence = record.sequence
    }
  }
  return { numbers, sequence }
}

test('a real full disk: refuses, takes again by itself as acks free space, and loses nothing', async (t) => {
  assert.equal(process.geteuid?.(), 0, 'only root can mount a small file system')
  const home = await temporaryFolder(t)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'spool-test', home])
  try {
    const folder = join(home, 'spool')
    let spool = await openSpool(folder, options)
    let next = 0
    const waiting: number[] = []
    for (let round = 0; round < 6; round++) {
      let refusals = 0
      let accepted = 0
      while (refusals < 3) {
        const number = next++
        try {
          await spool.append(contentOf(number))
          waiting.push(number)
          accepted += 1
        } catch (error) {
          assert.ok(isRelayError(error, 'SPOOL_FULL'), String(error))
          refusals += 1
        }
      }
      assert.ok(accepted > 30, `${accepted} accepted in round ${round}`)
      assert.ok(waiting.length > 150, `${waiting.length} fit on the disk`)
      const share = Math.floor(waiting.length * 0.6)
      const { numbers, sequence } = await takeAll(spool, share)
      assert.deepEqual(numbers, waiting.slice(0, share))
      await spool.ack(sequence)
      waiting.splice(0, share)
      if (round % 2 === 1) {
        await spool.close()
        spool = await openSpool(folder, options)
      }
    }
    assert.deepEqual((await takeAll(spool, waiting.length)).numbers, waiting)
    assert.equal(spool.state().badRecords, 0)
    await spool.close()
  } finally {
    execFileSync('umount', [home])
  }
})
