import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../../../src/clock.ts'
import { ManagedServer, type ServerRunner } from '../../../src/local-stack/managed-server.ts'
import { WatchedProcess } from '../../../src/local-stack/watched-process.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'

/** A shell in the place of a server; it answers when it has said "ready". */
function shell(script: string, counts: { launches: boolean[]; prepared: number }): ServerRunner {
  let saidSinceLaunch = (): string => ''
  return {
    name: 'shell',
    version: '1',
    launch(buffer, again) {
      counts.launches.push(again)
      const before = buffer.text().length
      saidSinceLaunch = () => buffer.text().slice(before)
      return new WatchedProcess({
        command: ['/bin/sh', '-c', script],
        variables: { PATH: '/usr/bin:/bin' },
        log: buffer,
      })
    },
    signal: (process, name) => process.signal(name),
    async probe() {
      if (!/ready$/.test(saidSinceLaunch())) throw new Error('not ready')
    },
    async prepare() {
      counts.prepared++
    },
  }
}

function serverOf(script: string, options: { startTimeoutMs?: number; stopTimeoutMs?: number } = {}) {
  const counts = { launches: [] as boolean[], prepared: 0 }
  const errors: string[] = []
  const logger = { ...noTelemetry.logger, error: (_: unknown, message: string) => void errors.push(message) }
  const server = new ManagedServer({ runner: shell(script, counts), clock: systemClock, logger, ...options })
  return { server, counts, errors }
}

test('starts once however often it is asked, and again after a kill', async () => {
  const { server, counts } = serverOf('echo ready; exec sleep 1000')
  await Promise.all([server.start(), server.start()])
  await server.kill()
  await server.kill()
  await server.start()
  await server.dispose()
  assert.deepEqual(counts, { launches: [false, true], prepared: 2 })
})

test('an operation waits for the one before it', async () => {
  const { server, counts } = serverOf('echo ready; exec sleep 1000')
  await Promise.all([server.start(), server.kill(), server.start(), server.stop()])
  await server.dispose()
  assert.deepEqual(counts.launches, [false, true])
})

test('stops in good order a server that stands still', async () => {
  const { server } = serverOf('trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.01; done')
  await server.start()
  server.pause()
  await server.dispose()
  assert.match(server.logs(), /bye$/)
})

test('kills a server that does not stop in time', async () => {
  const { server } = serverOf('trap "" TERM; echo ready; while :; do sleep 0.01; done', { stopTimeoutMs: 50 })
  await server.start()
  await server.dispose()
  assert.equal(server.logs(), 'ready')
})

test('a server that never answers fails with what was heard last, and is ended', async () => {
  const { server } = serverOf('echo still waking up; exec sleep 1000', { startTimeoutMs: 100 })
  await assert.rejects(server.start(), {
    code: 'REAL_PARTS_FAILED',
    message:
      /^shell 1 did not start: it did not answer within 0\.1 s \(not ready\)\. .*\n {2}still waking up$/s,
  })
  await server.dispose()
})

test('a restart waits for a port that somebody else holds for a moment', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'managed-server-'))
  t.after(() => rm(folder, { recursive: true }))
  const flag = join(folder, 'taken')
  const { server, counts } = serverOf(
    `if [ -e ${flag} ]; then rm ${flag}; echo "java.net.BindException: Address already in use"; exit 1; fi; : >${flag}; echo ready; exec sleep 1000`,
  )
  await server.start()
  await server.kill()
  await server.start().finally(() => server.dispose())
  assert.deepEqual(counts.launches, [false, true, true])
  await until(() => server.addressWasInUse)
})

test('says in the log when a server ends by itself, and not when it was told to', async () => {
  const { server, errors } = serverOf('echo ready; read -r line </dev/null; sleep 0.3')
  await server.start()
  await until(() => errors.length === 1)
  assert.deepEqual(errors, ['a server of the local stack ended by itself'])
  const told = serverOf('echo ready; exec sleep 1000')
  await told.server.start()
  await told.server.dispose()
  await server.dispose()
  assert.deepEqual(told.errors, [])
})
