import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { ownEnvironment } from '../../support/own-environment.ts'

function run(...parameters: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', ...parameters], {
    encoding: 'utf8',
    env: ownEnvironment(),
  })
}

test('an unknown command or option exits with 2 and says where the help is, without all of it', () => {
  const config = ['-c', 'examples/registry-relay.yaml']
  for (const [path, ...parameters] of [
    ['', 'sevre'],
    ['serve', '--set'],
    ['doctor', '--set', 'x'],
    ['demo', '--nonsense'],
    ['demo', '--deliver-to', 'ftp://x'],
    ['receiver', '--port', '70000'],
    ['receiver', '--status', '199'],
    ['receiver', '--status', '600'],
    ['topics plan', '--nonsense'],
    ['schema register', '-c', 'relay.yaml', '--set-compatibility', 'BEST'],
    ['schema show', '-c', 'relay.yaml', '--version', '0'],
    ['schema show', '-c', 'relay.yaml', '--id', '1', '--subject', 'events-value'],
    ['dlq list', ...config, '--since', '1h', '--until', '2h'],
    ['dlq redrive', ...config, '--all-open', '--since', '1h', '--until', '2h'],
    ['replay', ...config],
  ] as const) {
    const words = path.split(' ').filter((word) => word !== '')
    const { status, stderr } = run(...words, ...parameters)
    assert.equal(status, 2, stderr)
    const help = ['registry-relay', ...words, '--help'].join(' ')
    assert.match(stderr, new RegExp(`^error: .*\\n(\\(.*\\)\\n)?see ${help}\\n$`))
  }
})

test('an argument too many is told as the file that -c gives where it looks like one, and else not repeated', () => {
  const file = 'examples/registry-relay.yaml'
  for (const [words, said] of [
    [['config', 'check', 'none.yml'], 'the configuration file is given by -c: -c none.yml'],
    [['serve', 'LICENSE'], 'the configuration file is given by -c: -c LICENSE'],
    [['config', 'check', '-c', file, file], 'check takes none'],
    [['config', 'check', '--set', 'schemaRegistry.token=two', 'canary'], 'check takes none'],
    [['dlq', 'show', '0@1', '0@2'], 'show takes 1'],
  ] as const) {
    const { status, stdout, stderr } = run(...words)
    assert.deepEqual([status, stdout], [2, ''])
    assert.equal(stderr.split('\n')[0], `error: too many arguments; ${said}`)
    assert.match(stderr, /\nsee registry-relay [a-z ]+ --help\n$/)
    assert.doesNotMatch(stderr, /canary/)
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

test('without a configuration a command exits with 78 and says where it looked', () => {
  const { status, stderr } = run('topics', 'plan')
  assert.equal(status, 78)
  assert.match(stderr, /^no configuration: .*REGISTRY_RELAY_CONFIG.* registry-relay\.yaml/)
})

test('--set is taken by every command that reads the configuration', () => {
  const { status, stderr } = run('bridge', '-c', 'examples/registry-relay.yaml', '--set', 'bridge.group=a b')
  assert.equal(status, 78)
  assert.match(stderr, /^--set bridge\.group: must be 1 to 100 letters/)
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
