import assert from 'node:assert/strict'
import { type SpawnOptions, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const given = ['--set', 'kafka.brokers=k:1', '--set', 'schemaRegistry.url=http://s']

interface End {
  readonly code: number | null
  readonly stderr: string
}

/** The command with its standard output at a full disk, or read by nobody. */
function run(output: 'full' | 'unread', ...words: readonly string[]): Promise<End> {
  const full = output === 'full' ? openSync('/dev/full', 'w') : undefined
  const options: SpawnOptions = { stdio: ['ignore', full ?? 'pipe', 'pipe'] }
  const child = spawn(process.execPath, ['--import', 'tsx', program, ...words], options)
  if (full !== undefined) closeSync(full)
  child.stdout?.destroy()
  let stderr = ''
  child.stderr?.on('data', (text: Buffer) => {
    stderr += text.toString()
  })
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })))
}

const commands: readonly (readonly string[])[] = [
  ['config', 'show', ...given],
  ['doctor', '--only', 'process', ...given],
]
for (const words of commands) {
  const name = words.slice(0, 2).join(' ')
  test(`${name} ends as it would where nobody reads what it says`, async () => {
    assert.deepEqual(await run('unread', ...words), { code: 0, stderr: '' })
  })

  test(`${name} says in one line that its output cannot be written, and ends with 1`, async () => {
    const { code, stderr } = await run('full', ...words)
    assert.equal(code, 1)
    assert.match(stderr, /^standard output cannot be written: ENOSPC[^\n]*\n$/)
  })
}

test('what is wrong is still what decides about the end where nobody reads it', async () => {
  const { code, stderr } = await run('unread', 'config', 'show', ...given, '--set', 'gateway.port=x')
  assert.equal(code, 78)
  assert.doesNotMatch(stderr, /EPIPE/)
})

test('a service that only prints ends when nobody reads any more', async () => {
  assert.deepEqual(await run('unread', 'receiver', '--port', '0'), { code: 0, stderr: '' })
})
