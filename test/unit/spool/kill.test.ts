import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../src/spool/node-processes.ts'

test('keeps all that was confirmed before a kill -9, in order, and takes the lock over', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'spool-'))
  t.after(() => rm(folder, { recursive: true }))
  const child = spawn(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(import.meta.resolve('./appender.ts')),
    folder,
  ])
  t.after(() => child.kill('SIGKILL'))
  let output = ''
  child.stdout.on('data', (part: Buffer) => {
    output += part.toString()
    if (output.split('\n').length > 200) child.kill('SIGKILL')
  })
  await once(child, 'close')
  const confirmed = output.split('\n').length - 1
  assert.ok(confirmed >= 200, output)

  const spool = await FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
  const records = await spool.read({ records: 1_000_000, bytes: 1 << 30 })
  assert.ok(records.length >= confirmed)
  records.forEach(({ content }, index) => {
    assert.equal(content.toString(), String(index))
  })
  assert.equal(spool.state().badRecords, 0)
  await spool.close()
})
