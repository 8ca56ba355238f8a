import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))
const endpoint = '[{ name: audit, url: "http://127.0.0.1:1/" }]'
const settings = [
  ...['kafka.brokers=127.0.0.1:1', 'schemaRegistry.url=http://127.0.0.1:1'],
  ...['gateway.port=0', 'gateway.ackMode=kafka', 'management.port=0', `bridge.endpoints=${endpoint}`],
].flatMap((one) => ['--set', one])

/** Sends the process a SIGHUP when it asks for the module of that name, before a line of it has run. */
function hangupAtLoading(module: string): string {
  const hooks = `
    export function resolve(specifier, context, next) {
      if (specifier.endsWith(${JSON.stringify(module)})) process.kill(process.pid, 'SIGHUP')
      return next(specifier, context)
    }`
  const hooksUrl = `data:text/javascript,${encodeURIComponent(hooks)}`
  const preload = `import { register } from 'node:module'; register(${JSON.stringify(hooksUrl)})`
  return `data:text/javascript,${encodeURIComponent(preload)}`
}

for (const service of ['serve', 'bridge']) {
  test(`${service}: a SIGHUP before the service is even loaded is a reload once it runs`, async (t) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', '--import', hangupAtLoading(`/${service}.ts`), program, service, ...settings],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    t.after(() => child.kill('SIGKILL'))
    let text = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (more: Buffer) => {
        text += more.toString()
      })
    }
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
    await until(
      () => text.includes('configuration reloaded') || child.exitCode !== null || child.signalCode !== null,
      {
        what: () => text,
      },
    )
    assert.equal(child.signalCode, null)
    assert.match(text, /configuration reloaded: nothing to apply/)
    child.kill('SIGTERM')
    assert.equal(await ended, 0, text)
  })
}
