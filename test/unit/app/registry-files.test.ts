import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { RegistryFiles } from '../../../src/app/registry-files.ts'
import { watchConnection } from '../../../src/app/watch-connection.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { isRelayError } from '../../../src/errors.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-registry-files-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function filesOf(folder: string, keys: string): RegistryFiles {
  const file = join(folder, 'relay.yaml')
  writeFileSync(file, `kafka: { brokers: "h:1" }\nschemaRegistry: { url: "https://a/, https://b/"${keys} }\n`)
  return new RegistryFiles(loadConfig(file, {}).schemaRegistry)
}

const now = <T>(value: T | (() => T)): T => (value instanceof Function ? value() : value)

test('every URL is handed on, and without credentials nothing is sent', (t) => {
  const { options } = filesOf(folderFor(t), '')
  assert.deepEqual(options, { url: ['https://a/', 'https://b/'], timeoutMs: 5_000 })
})

test('password and client certificate follow their files, and a broken certificate changes nothing', async (t) => {
  const folder = folderFor(t)
  const copy = (fixture: string, name: string): void =>
    copyFileSync(new URL(`../../fixtures/kafka-tls/${fixture}`, import.meta.url), join(folder, name))
  for (const name of ['client.crt', 'client.key']) copy(name, name)
  writeFileSync(join(folder, 'password'), 'one\n')
  const files = filesOf(
    folder,
    ', username: relay, password: { file: password }, tls: { certificateFile: client.crt, keyFile: client.key }',
  )
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const close = watchConnection('schema registry', files, telemetry, clock)
  t.after(close)
  const look = async (): Promise<void> => {
    for (let time = 0; time < 2; time++) {
      await clock.advance(2_000)
      await until(() => clock.pending === 2)
    }
  }
  const { auth, tls } = files.options
  assert.deepEqual(now(auth), { username: 'relay', password: 'one' })
  const first = now(tls)

  writeFileSync(join(folder, 'password'), 'two\n')
  writeFileSync(join(folder, 'client.crt'), 'no certificate')
  await look()
  assert.deepEqual(now(auth), { username: 'relay', password: 'two' })
  assert.deepEqual(now(tls), first)
  assert.equal(telemetry.values.get('registry_relay_files_reloaded_total schema registry tls failed'), 1)
  for (const name of ['client.crt', 'client.key']) copy('broker.pem', name)
  await look()
  assert.notDeepEqual(now(tls), first)
})

test('a token is a file of its own, and a missing file is named by its key', (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, 'token'), 'abc\n')
  assert.deepEqual(now(filesOf(folder, ', token: { file: token }').options.auth), { token: 'abc' })
  assert.throws(
    () => filesOf(folder, ', tls: { caFile: nowhere.crt }'),
    (error) =>
      isRelayError(error, 'CONFIG_INVALID') &&
      /^"schemaRegistry\.tls\.caFile": there is no file/.test(error.message),
  )
})
