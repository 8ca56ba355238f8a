import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../../src/errors.ts'
import { spoolChecks } from '../../../../src/operations/doctor/spool-checks.ts'
import { nodeDisk } from '../../../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../../../src/spool/node-processes.ts'
import { machine } from './machine-double.ts'

test('a spool folder below a file is refused in words, as at a start', async () => {
  const [folder] = spoolChecks({
    spool: { folder: '/var/lib/relay/file/spool', maxBytes: 1, segmentBytes: 1, warnAgeMs: 1 },
    ackBudgetMs: 800,
    disk: nodeDisk,
    processes: nodeProcesses,
    machine: machine({
      inspect: async () => {
        throw Object.assign(new Error('ENOTDIR: not a directory'), { code: 'ENOTDIR' })
      },
    }),
    now: () => 0,
  })
  await assert.rejects(
    async () => folder?.run(),
    (error) => {
      assert.ok(isRelayError(error, 'SPOOL_FOLDER'))
      assert.match(
        error.message,
        /\/var\/lib\/relay\/file\/spool cannot be used: a part of this path is a file/,
      )
      return true
    },
  )
})
