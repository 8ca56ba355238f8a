import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { exitCode } from '../../../src/cli/failure.ts'
import { parseConfig } from '../../../src/config/parse.ts'

const folder = fileURLToPath(new URL('../../../deploy/systemd', import.meta.url))
const units = ['registry-relay-gateway.service', 'registry-relay-bridge.service']

function analyze(...parameters: string[]): { text: string; status: number | null } {
  const { stdout, stderr, status, error } = spawnSync('systemd-analyze', parameters, { encoding: 'utf8' })
  assert.ok(error === undefined, 'this test needs systemd-analyze (Debian: systemd)')
  return { text: `${stdout}${stderr}`, status }
}

function settingsOf(unit: string, key: string): string[] {
  return [...readFileSync(join(folder, unit), 'utf8').matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(
    ([, value = '']) => value,
  )
}

for (const unit of units) {
  test(`systemd understands every line of ${unit}`, (t) => {
    const temporary = mkdtempSync(join(tmpdir(), 'relay-systemd-'))
    t.after(() => rmSync(temporary, { recursive: true }))
    // Programs must be there for it, and Node.js is somewhere else on many a machine.
    const text = readFileSync(join(folder, unit), 'utf8').replace('/usr/bin/node', process.execPath)
    const path = join(temporary, unit)
    writeFileSync(path, text)
    assert.deepEqual(analyze('verify', path), { text: '', status: 0 })
    writeFileSync(path, text.replace('NoNewPrivileges', 'NoNewPrivilege'))
    assert.match(analyze('verify', path).text, /Unknown key (name )?'NoNewPrivilege'/)
  })

  test(`${unit} exposes little of the machine, by the score of systemd`, () => {
    // Tenths of its score, where 100 is a service that may do everything. It is 14 with systemd 252.
    const { text, status } = analyze(
      'security',
      '--offline=yes',
      '--threshold=20',
      '--no-pager',
      join(folder, unit),
    )
    assert.equal(status, 0, text)
  })

  test(`${unit} is not started again for what stays wrong, and reads its configuration again`, () => {
    const [never = ''] = settingsOf(unit, 'RestartPreventExitStatus')
    assert.deepEqual(never.split(' ').map(Number), [exitCode.usage, exitCode.configuration])
    assert.deepEqual(settingsOf(unit, 'ExecReload'), ['/bin/kill -HUP $MAINPID'])
  })
}

test('the two units open ports of their own, with the one configuration that both read', () => {
  const text = readFileSync(new URL('../../../examples/registry-relay.yaml', import.meta.url), 'utf8')
  const [gateway, bridge] = units.map((unit) =>
    parseConfig(text, {
      fileName: 'registry-relay.yaml',
      environment: Object.fromEntries(settingsOf(unit, 'Environment').map((pair) => pair.split('='))),
      readSecret: () => assert.fail('the example reads no secret'),
    }),
  )
  assert.ok(gateway && bridge)
  const ports = [gateway.gateway.port, gateway.management.port, bridge.management.port]
  assert.deepEqual(ports, [8080, 9090, 9091])
})

test('the two units differ in their command, their disk and their times alone', () => {
  const [gateway, bridge] = units.map((unit) =>
    readFileSync(join(folder, unit), 'utf8')
      .split('\n')
      .filter((line) => !line.startsWith('#')),
  )
  assert.ok(gateway && bridge)
  const own =
    /^(Description|ExecStart|StateDirectory|StateDirectoryMode|Environment|TimeoutStopSec|LimitNOFILE)=/
  assert.deepEqual(
    gateway.filter((line) => !own.test(line)),
    bridge.filter((line) => !own.test(line)),
  )
})
