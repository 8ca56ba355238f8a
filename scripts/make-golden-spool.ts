// Makes the spools under test/fixtures/spool/ that later versions of this program must read:
//
//   node --import tsx scripts/make-golden-spool.ts
//
// Run it once for a new version of the format, into a folder of that version. What is there is never made again: the
// point of it is that an older program wrote it.
import { mkdir, rm } from 'node:fs/promises'
import { FileSpool } from '../src/spool/file-spool.ts'
import { nodeDisk } from '../src/spool/node-disk.ts'
import { nodeProcesses } from '../src/spool/node-processes.ts'

const folder = 'test/fixtures/spool/v1'
await mkdir(folder, { recursive: true, mode: 0o700 })

let salt = 0
const spool = await FileSpool.open({
  folder,
  disk: nodeDisk,
  processes: nodeProcesses,
  segmentBytes: 200,
  random: () => (salt++ + 0.5) / 2 ** 16,
  clock: {
    now: () => 1_763_000_000_000,
    monotonic: () => 0,
    after: () => () => {},
    soon: () => () => {},
  },
})
for (let number = 0; number < 10; number++) {
  await spool.append(Buffer.from(`record ${number} ${'é'.repeat(number)}`))
}
await spool.read({ records: 6, bytes: 10_000 })
await spool.ack(5)
await spool.close()
await rm(`${folder}/lock`, { force: true })
