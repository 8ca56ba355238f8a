import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { ownEnvironment } from '../../support/own-environment.ts'
import { until } from '../../support/until.ts'

function start(t: TestContext, ...words: readonly string[]) {
  const parameters = ['--import', 'tsx', 'src/cli/main.ts', 'receiver', ...words]
  const child = spawn(process.execPath, parameters, { env: ownEnvironment() })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  t.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  return { child, said, ended }
}

test('it answers as it is told and says so, and one press that comes as two signals is a clean stop', async (t) => {
  const { child, said, ended } = start(t, '--port', '0', '--status', '422')
  await until(() => said.stdout.includes('\n'), { what: () => said.stderr })
  const [, url] = /^receiver listens on (http:\S+) and answers 422\n$/.exec(said.stdout) ?? []
  const body = JSON.stringify({ events: [{ id: 'e', action: 'push' }] })
  assert.equal((await fetch(String(url), { method: 'POST', body })).status, 422)
  await until(() => said.stdout.includes('push'))
  child.kill('SIGINT')
  child.kill('SIGTERM')
  assert.equal(await ended, 0)
  assert.equal(said.stderr, '')
})

test('a taken port and a wrong host are told with the option to change, and without a stack', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const { port } = other.address() as AddressInfo
  for (const words of [
    ['--port', String(port)],
    ['--port', '0', '--host', '192.0.2.1'],
  ]) {
    const { said, ended } = start(t, ...words)
    assert.equal(await ended, 1)
    assert.match(
      said.stderr,
      /^receiver: cannot listen on .* \(--host, --port\)\nCANNOT_LISTEN: .* an option[^\n]*\n$/,
    )
  }
})
