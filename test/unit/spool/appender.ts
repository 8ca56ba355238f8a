import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'

/** Appends numbers until it is killed, and prints each that was confirmed. */
const folder = process.argv[2] ?? ''
const spool = await FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses, segmentBytes: 2_000 })
for (let number = 0; ; number++) {
  await spool.append(Buffer.from(String(number)))
  process.stdout.write(`${number}\n`)
}
