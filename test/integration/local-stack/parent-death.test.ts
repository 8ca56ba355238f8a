import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'
import { isOpen } from './port.ts'

const owner = fileURLToPath(new URL('./stack-owner.ts', import.meta.url))

test('kill -9 of the process that started a stack ends its servers, one that stands still too, and removes the data', async (t) => {
  const temporary = await mkdtemp(join(tmpdir(), 'parent-death-'))
  t.after(() => rm(temporary, { recursive: true, force: true }))
  const parent = spawn(process.execPath, ['--import', 'tsx', owner], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: temporary },
  })
  t.after(() => parent.kill('SIGKILL'))
  const [said] = await once(parent.stdout, 'data')
  const broker = String(said).trim()
  assert.match(broker, /^127\.0\.0\.1:\d+$/)
  assert.equal(await isOpen(broker), true)
  assert.equal(await stacksIn(temporary), 1)

  parent.kill('SIGKILL')
  await once(parent, 'exit')

  await until(async () => !(await isOpen(broker)), { what: () => `${broker} is open` })
  await until(async () => (await stacksIn(temporary)) === 0, { what: () => 'its data is there' })
})

/** The loader of the tests keeps a folder of its own beside ours. */
async function stacksIn(folder: string): Promise<number> {
  const names = await readdir(folder)
  return names.filter((name) => name.startsWith('registry-relay-')).length
}
