import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

function run(...parameters: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...parameters], {
    encoding: 'utf8',
  })
}

test('an unknown command or option exits with 2 and shows what there is', () => {
  for (const parameters of [
    ['sevre'],
    ['serve'],
    ['demo', '--nonsense'],
    ['demo', '--deliver-to', 'ftp://x'],
    ['receiver', '--port', '70000'],
    ['topics', 'plan'],
    ['schema', 'register', '-c', 'relay.yaml', '--set-compatibility', 'BEST'],
    ['schema', 'show', '-c', 'relay.yaml', '--version', '0'],
    ['schema', 'show', '-c', 'relay.yaml', '--id', '1', '--subject', 'events-value'],
  ]) {
    const { status, stderr } = run(...parameters)
    assert.equal(status, 2, parameters.join(' '))
    assert.match(stderr, /error: .*\n[\s\S]*Usage: registry-relay/)
  }
})

test('a configuration that is wrong exits with 78 and says where', () => {
  const { status, stderr } = run('serve', '--config', 'package.json')
  assert.equal(status, 78)
  assert.match(stderr, /^package\.json:\d+:\d+: unknown key "name"/m)
  assert.match(stderr, /CONFIG_INVALID: /)
})

test('a configuration that is not there exits with 78', () => {
  const { status, stderr } = run('bridge', '--config', 'nowhere.yaml')
  assert.equal(status, 78)
  assert.match(stderr, /nowhere\.yaml: there is no such file/)
})

test('a schema file that is not there exits with 78', () => {
  const config = ['--config', 'examples/registry-relay.yaml']
  const { status, stderr } = run('schema', 'check', ...config, '--schema', 'nowhere.avsc')
  assert.equal(status, 78)
  assert.match(stderr, /nowhere\.avsc: there is no such file/)
})

test('help and version exit with 0', () => {
  assert.equal(run('--help').status, 0)
  assert.match(run('topics', 'plan', '--help').stdout, /Exit status: 0 when .* 1 when .*/s)
  for (const service of ['serve', 'bridge']) {
    assert.match(run(service, '--help').stdout, /Exit status: 0 .* 1 when .* 2 for .* 78 for /s)
  }
  assert.match(run('--version').stdout, /^\d+\.\d+\.\d+\n$/)
})
