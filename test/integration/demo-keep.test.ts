import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { isDeepStrictEqual, promisify } from 'node:util'
import { ownEnvironment } from '../support/own-environment.ts'

const main = new URL('../../src/cli/main.ts', import.meta.url).pathname

test('the demo with a relative folder for its data starts again on it, at the same addresses', async (t) => {
  const cwd = await mkdtemp(join(tmpdir(), 'demo-keep-'))
  t.after(() => rm(cwd, { recursive: true }))
  const env = { ...ownEnvironment(), REGISTRY_RELAY_CACHE: process.env['REGISTRY_RELAY_CACHE'] }
  const run = async (): Promise<[Record<string, unknown> | undefined, readonly unknown[]]> => {
    const parameters = ['--import', import.meta.resolve('tsx'), main, 'demo', '--once', '--json']
    const { stdout } = await promisify(execFile)(process.execPath, [...parameters, '--keep', './data'], {
      cwd,
      env,
    })
    const [ready, ...delivered] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    return [ready, delivered]
  }

  const [first, delivered] = await run()
  assert.equal(first?.['ready'], true)
  const [second, deliveredAgain] = await run()
  assert.equal(deliveredAgain.length, delivered.length)
  // In between another process may have taken a port, but hardly two of two.
  const kept = (name: string): boolean => isDeepStrictEqual(second?.[name], first[name])
  assert.ok(kept('gateway') || kept('management'), 'ports of the relay')
  assert.ok(kept('brokers') || kept('schemaRegistry'), 'ports of the servers')
})
