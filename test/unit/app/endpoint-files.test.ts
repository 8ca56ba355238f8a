import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { endpointOptions, watchEndpoint } from '../../../src/app/endpoint-files.ts'
import type { EndpointConfig } from '../../../src/config/endpoint-config.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { isRelayError } from '../../../src/errors.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'
import { presentOf } from '../../../src/present.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

interface Bed {
  /** An endpoint with these members, each on a line of its own. */
  config(...members: readonly string[]): EndpointConfig
  write(name: string, content: string): void
  /** Of `test/fixtures/kafka-tls`, under another name. */
  copy(fixture: string, name: string): void
}

function bedFor(t: TestContext): Bed {
  const folder = mkdtempSync(join(tmpdir(), 'relay-endpoint-files-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return {
    config(...members) {
      const file = join(folder, 'relay.yaml')
      const lines = [
        'kafka: { brokers: "h:1" }',
        'schemaRegistry: { url: "http://h/" }',
        'bridge:',
        '  endpoints:',
        '    - name: receiver',
        ...members.map((member) => `      ${member}`),
      ]
      writeFileSync(file, lines.join('\n'))
      const [endpoint] = loadConfig(file, {}).bridge.endpoints
      assert.ok(endpoint !== undefined)
      return endpoint
    },
    write: (name, content) => writeFileSync(join(folder, name), content),
    copy: (fixture, name) =>
      copyFileSync(new URL(`../../fixtures/kafka-tls/${fixture}`, import.meta.url), join(folder, name)),
  }
}

function watch(t: TestContext, config: EndpointConfig) {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const { options, close } = watchEndpoint(config, telemetry, clock)
  t.after(close)
  const watches = clock.pending
  /** What changed counts once two looks have found the same. */
  const look = async (): Promise<void> => {
    for (let time = 0; time < 2; time++) {
      await clock.advance(2_000)
      await until(() => clock.pending === watches)
    }
  }
  return { options, look, clock, telemetry, close }
}

const secretOf = (byte: number): string => `whsec_${Buffer.alloc(32, byte).toString('base64')}`

test('the limits of the configuration become those of the delivery', (t) => {
  const bed = bedFor(t)
  const options = endpointOptions(
    bed.config(
      'url: http://h/hook',
      'timeoutMs: 4000',
      'timeouts: { connectMs: 100, headersMs: 3000, bodyMs: 200 }',
      'concurrency: 7',
      'retry: { maxRetryAfterMs: 5000 }',
      'addresses: { denyPrivate: true, allow: [10.1.0.0/16] }',
    ),
  )
  const { headers, ...others } = options
  assert.deepEqual(presentOf(headers ?? {}), {})
  assert.deepEqual(others, {
    url: 'http://h/hook',
    maxConnections: 7,
    connectTimeoutMs: 100,
    headersTimeoutMs: 3_000,
    bodyTimeoutMs: 200,
    totalTimeoutMs: 4_000,
    maxRetryAfterMs: 5_000,
    addresses: { denyPrivate: true, allow: ['10.1.0.0/16'] },
  })
  assert.equal(endpointOptions(bed.config('url: http://h/', 'timeoutMs: 4000')).headersTimeoutMs, 4_000)
})

test('the next request after a change carries the new token, and is signed with the new secret', async (t) => {
  const bed = bedFor(t)
  const got: Record<string, string | undefined>[] = []
  const server = createServer((request, response) => {
    const { authorization, 'x-fixed': fixed, 'webhook-signature': signature } = request.headers
    got.push({ authorization, fixed: String(fixed), signature: String(signature) })
    request.resume().once('end', () => response.end())
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => server.close())
  bed.write('token', 'Bearer canary-1\n')
  bed.write('secret', `${secretOf(1)}\n`)
  const { options, look, telemetry } = watch(
    t,
    bed.config(
      `url: http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      'headers: { Authorization: { file: token }, X-Fixed: canary-0 }',
      'signing: { secrets: [{ file: secret }] }',
    ),
  )
  const { proxy: _none, ...others } = options
  const delivery = new HttpDelivery(others)
  t.after(() => delivery.close())
  const request = { body: '{"events":[]}', mediaType: 'a/b', attempt: 1, record: 't-0@1' }

  await delivery.deliver(request)
  bed.write('token', 'Bearer canary-2\n')
  bed.write('secret', secretOf(2))
  await look()
  await delivery.deliver(request)

  assert.deepEqual(
    got.map(({ authorization, fixed }) => [authorization, fixed]),
    [
      ['Bearer canary-1', 'canary-0'],
      ['Bearer canary-2', 'canary-0'],
    ],
  )
  assert.notEqual(got[0]?.['signature'], got[1]?.['signature'])
  assert.equal(
    telemetry.values.get('registry_relay_files_reloaded_total endpoint receiver credentials done'),
    1,
  )
  assert.doesNotMatch(JSON.stringify(telemetry.lines), /canary|whsec/)
})

test('a new value that cannot be used is logged and changes nothing, also not what came with it', async (t) => {
  const bed = bedFor(t)
  bed.write('token', 'canary-1')
  bed.write('secret', secretOf(1))
  const { options, look, telemetry } = watch(
    t,
    bed.config(
      'url: http://h/',
      'headers: { X-Key: { file: token } }',
      'signing: { secrets: [{ file: secret }] }',
    ),
  )
  const now = () => [presentOf(options.headers ?? {}), presentOf(options.signingSecrets ?? [])]
  const before = now()
  bed.write('token', 'canary\r\nX-Smuggled: 1')
  await look()
  assert.deepEqual(now(), before)
  bed.write('token', 'canary-2')
  bed.write('secret', 'canary')
  await look()
  assert.deepEqual(now(), before)
  assert.equal(
    telemetry.values.get('registry_relay_files_reloaded_total endpoint receiver credentials failed'),
    2,
  )
  assert.deepEqual(
    telemetry.logged('error', /cannot be used/).map(({ facts }) => String(facts['err']).split(';')[0]),
    [
      'RelayError: "bridge.endpoints.receiver": headers: "X-Key" has a value with a line break or other control character',
      'RelayError: "bridge.endpoints.receiver.signing.secrets": must begin with whsec_',
    ],
  )
  assert.doesNotMatch(JSON.stringify(telemetry.lines), /canary|whsec_[A-Za-z0-9]/)
  bed.write('secret', secretOf(2))
  await look()
  assert.deepEqual(now(), [{ 'X-Key': ['canary-2'] }, [secretOf(2)]])
})

test('a client certificate is renewed once its key has come too; until then connections are made with the old one', async (t) => {
  const bed = bedFor(t)
  for (const name of ['authority.crt', 'client.crt', 'client.key']) bed.copy(name, name)
  const { options, look } = watch(
    t,
    bed.config(
      'url: https://h/',
      'tls: { caFile: authority.crt, certificateFile: client.crt, keyFile: client.key, serverName: other }',
    ),
  )
  const tls = () => presentOf(options.tls ?? {})
  const first = tls()
  assert.equal(first.serverName, 'other')
  assert.match(String(first.ca), /BEGIN CERTIFICATE/)
  bed.copy('broker.pem', 'client.crt')
  await look()
  // The very object: another one would mean other connections.
  assert.equal(tls(), first)
  bed.copy('broker.pem', 'client.key')
  await look()
  assert.notEqual(tls().cert, first.cert)
  assert.equal(tls(), tls())
})

test('password and authority of a proxy are followed, and nothing else makes other connections to it', async (t) => {
  const bed = bedFor(t)
  bed.write('password', 'canary-1\n')
  bed.write('token', 'one')
  bed.copy('authority.crt', 'proxy.crt')
  const { options, look } = watch(
    t,
    bed.config(
      'url: http://h/',
      'headers: { X-Key: { file: token } }',
      'proxy: { url: "https://proxy:3128", username: relay, password: { file: password }, caFile: proxy.crt }',
    ),
  )
  const proxy = () => options.proxy?.()
  const first = proxy()
  const basic = (password: string) => `Basic ${Buffer.from(`relay:${password}`).toString('base64')}`
  assert.equal(first?.authorization, basic('canary-1'))
  assert.match(String(first?.tls?.ca), /BEGIN CERTIFICATE/)
  bed.write('token', 'two')
  await look()
  assert.equal(proxy(), first)
  bed.write('password', 'canary-2\n')
  await look()
  assert.deepEqual(proxy(), { ...first, authorization: basic('canary-2') })
  bed.copy('other-authority.crt', 'proxy.crt')
  await look()
  assert.notEqual(proxy()?.tls?.ca, first?.tls?.ca)
  assert.equal(proxy()?.authorization, basic('canary-2'))
})

test('what cannot be read or used at the start is an error that names endpoint and key', (t) => {
  const bed = bedFor(t)
  bed.write('none.crt', 'no certificate')
  for (const [member, words] of [
    ['tls: { caFile: missing.crt }', /^"bridge\.endpoints\.receiver\.tls\.caFile": there is no file/],
    ['tls: { caFile: none.crt }', /^"bridge\.endpoints\.receiver\.tls\.caFile": .*holds no certificate/],
    [
      'proxy: { url: "https://p:1", caFile: none.crt }',
      /^"bridge\.endpoints\.receiver\.proxy\.caFile": .*holds no certificate/,
    ],
    ['headers: { "a b": x }', /"bridge\.endpoints\.0\.headers\.a…": is no name of a header/],
  ] as const) {
    assert.throws(
      () => endpointOptions(bed.config('url: https://h/', member)),
      (error) => isRelayError(error, 'CONFIG_INVALID') && words.test(error.message),
      member,
    )
  }
})

test('without files nothing is looked at, and after the stop nothing more', async (t) => {
  const bed = bedFor(t)
  assert.equal(watch(t, bed.config('url: http://h/', 'headers: { X-Key: fixed }')).clock.pending, 0)
  bed.write('token', 'one')
  const { clock, close } = watch(t, bed.config('url: http://h/', 'headers: { X-Key: { file: token } }'))
  assert.equal(clock.pending, 1)
  await close()
  assert.equal(clock.pending, 0)
})

test('an address that could never be connected to is refused at the start with its key, unless it is allowed', (t) => {
  const bed = bedFor(t)
  const refused = (...members: readonly string[]): string => {
    try {
      endpointOptions(bed.config(...members))
    } catch (error) {
      assert.ok(isRelayError(error, 'CONFIG_INVALID'))
      return error.message
    }
    return ''
  }
  const metadata = 'url: "http://169.254.169.254/x"'
  assert.equal(
    refused(metadata),
    '"bridge.endpoints.receiver.url": 169.254.169.254 is not allowed (metadata): correct it, or name it in addresses.allow of an endpoint under bridge.endpoints',
  )
  assert.equal(refused(metadata, 'addresses: { allow: [169.254.169.254] }'), '')
  assert.match(refused('url: "http://[::ffff:a9fe:a9fe]/"'), /\.url": .*\(metadata\)/)
  assert.match(
    refused('url: "http://h/"', 'proxy: { url: "http://169.254.1.1:3128" }'),
    /^"bridge\.endpoints\.receiver\.proxy\.url": 169\.254\.1\.1 is not allowed \(link-local\)/,
  )
  assert.equal(refused('url: "http://127.0.0.1/"'), '')
  assert.match(refused('url: "http://127.0.0.1/"', 'addresses: { denyPrivate: true }'), /\(loopback\)/)
})
