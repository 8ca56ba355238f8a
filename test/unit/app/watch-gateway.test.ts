import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { connect } from 'node:tls'
import { authorizationValues } from '../../../src/app/gateway-credentials.ts'
import { gatewayTls, gatewayTlsFiles } from '../../../src/app/gateway-tls.ts'
import { watchCredentials, watchGatewayTls } from '../../../src/app/watch-gateway.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { isRelayError } from '../../../src/errors.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { jsonHeaders, post, startGateway } from '../gateway/harness.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'relay-watch-gateway-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const fixture = (name: string) => new URL(`../../fixtures/tls/${name}`, import.meta.url)

/** A gateway as `serve` makes it of a configuration, with a clock of its own for the looking. */
async function start(t: TestContext, folder: string, gateway: string) {
  const file = join(folder, 'relay.yaml')
  writeFileSync(file, `kafka: { brokers: "h:1" }\nschemaRegistry: { url: "http://h/" }\ngateway:\n${gateway}`)
  const config = loadConfig(file, {}).gateway
  const tlsFiles = config.tls === undefined ? new Map() : gatewayTlsFiles(config.tls)
  const running = await startGateway(t, {
    authorizations: authorizationValues(config.credentials),
    ...(config.tls === undefined ? {} : { tls: gatewayTls(config.tls, tlsFiles) }),
  })
  const clock = new ManualClock()
  const ends = [
    watchCredentials(config.credentials, running.server, noTelemetry, clock),
    ...(config.tls === undefined
      ? []
      : [watchGatewayTls(config.tls, tlsFiles, running.server, noTelemetry, clock)]),
  ]
  const stop = async (): Promise<void> => {
    for (const end of ends) await end()
  }
  t.after(stop)
  const watches = clock.pending
  const look = async (): Promise<void> => {
    for (let time = 0; time < 2; time++) {
      await clock.advance(2_000)
      await until(() => clock.pending === watches)
    }
  }
  return { ...running, look, stop, clock }
}

test('a token is rotated without a restart: both while both are there, then the new one alone', async (t) => {
  const folder = folderFor(t)
  writeFileSync(join(folder, 'first'), 'one\n')
  writeFileSync(join(folder, 'second'), 'one\n')
  const gateway = await start(
    t,
    folder,
    '  credentials: [{ bearer: { file: first } }, { username: u, password: { file: second } }]\n',
  )
  const status = async (authorization: string) =>
    (await post(gateway.url, 'x', { headers: { ...jsonHeaders, Authorization: authorization } })).status
  const basic = (password: string) => `Basic ${Buffer.from(`u:${password}`).toString('base64')}`
  assert.deepEqual([await status('Bearer one'), await status(basic('one'))], [200, 200])

  writeFileSync(join(folder, 'first'), 'two\n')
  await gateway.look()
  assert.deepEqual(
    [await status('Bearer one'), await status('Bearer two'), await status(basic('one'))],
    [401, 200, 200],
  )
  writeFileSync(join(folder, 'second'), 'two\n')
  rmSync(join(folder, 'first'))
  await gateway.look()
  assert.deepEqual(
    [await status('Bearer two'), await status(basic('one')), await status(basic('two'))],
    [200, 401, 200],
  )
  // Nobody gets in without.
  assert.equal((await post(gateway.url, 'x')).status, 401)
})

test('a certificate is renewed without a restart, also when its key comes later', async (t) => {
  const folder = folderFor(t)
  copyFileSync(fixture('server.crt'), join(folder, 'gateway.crt'))
  copyFileSync(fixture('server.key'), join(folder, 'gateway.key'))
  const gateway = await start(t, folder, '  tls: { certificateFile: gateway.crt, keyFile: gateway.key }\n')
  const presented = async (): Promise<unknown> => {
    const socket = connect({ port: gateway.port, host: '127.0.0.1', rejectUnauthorized: false })
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject))
    const name = socket.getPeerCertificate().subject.CN
    socket.destroy()
    return name
  }
  assert.equal(await presented(), 'server')
  copyFileSync(fixture('named.crt'), join(folder, 'gateway.crt'))
  await gateway.look()
  assert.equal(await presented(), 'server')
  copyFileSync(fixture('named.key'), join(folder, 'gateway.key'))
  await gateway.look()
  assert.equal(await presented(), 'named')
})

test('a certificate file that cannot be read is an error at the start, which names its key', () => {
  assert.throws(
    () => gatewayTlsFiles({ certificateFile: '/nowhere/gateway.crt', keyFile: '/nowhere/gateway.key' }),
    (error) =>
      isRelayError(error, 'CONFIG_INVALID') &&
      /^"gateway\.tls\.certificateFile": there is no file/.test(error.message),
  )
})

test('without files nothing is looked at, and after the end nothing more', async (t) => {
  const folder = folderFor(t)
  assert.equal((await start(t, folder, '  credentials: [{ bearer: one }]\n')).clock.pending, 0)
  writeFileSync(join(folder, 'token'), 'one\n')
  const watched = await start(t, folder, '  credentials: [{ bearer: { file: token } }]\n')
  assert.equal(watched.clock.pending, 1)
  await watched.stop()
  assert.equal(watched.clock.pending, 0)
})
