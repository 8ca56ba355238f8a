import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { KafkaFiles } from '../../../src/app/kafka-files.ts'
import { kafkaOptions } from '../../../src/app/settings.ts'
import { watchConnection } from '../../../src/app/watch-connection.ts'
import type { KafkaConfig } from '../../../src/config/config.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { isRelayError } from '../../../src/errors.ts'
import type { KafkaConnectionOptions, KafkaSasl } from '../../../src/kafka/connection.ts'
import { presentOf } from '../../../src/present.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { OAuthProvider } from '../../support/oauth-provider.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

interface Bed {
  readonly folder: string
  config(kafka: string): KafkaConfig
  write(name: string, content: string): void
  /** Of `test/fixtures/kafka-tls`, under another name. */
  copy(fixture: string, name: string): void
}

function bedFor(t: TestContext): Bed {
  const folder = mkdtempSync(join(tmpdir(), 'relay-watch-kafka-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return {
    folder,
    config(kafka) {
      const file = join(folder, 'relay.yaml')
      writeFileSync(file, `kafka:\n  brokers: "h:1"\n${kafka}\nschemaRegistry: { url: "http://h/" }\n`)
      return loadConfig(file, {}).kafka
    },
    write: (name, content) => writeFileSync(join(folder, name), content),
    copy: (fixture, name) =>
      copyFileSync(new URL(`../../fixtures/kafka-tls/${fixture}`, import.meta.url), join(folder, name)),
  }
}

function watch(t: TestContext, config: KafkaConfig) {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const files = new KafkaFiles(config)
  const close = watchConnection('kafka', files, telemetry, clock)
  t.after(close)
  const watches = clock.pending
  const look = async (): Promise<void> => {
    for (let time = 0; time < 2; time++) {
      await clock.advance(2_000)
      await until(() => clock.pending === watches)
    }
  }
  return { options: files.options, close, clock, telemetry, look }
}

const saslOf = ({ sasl }: KafkaConnectionOptions): KafkaSasl | undefined =>
  sasl === undefined ? undefined : presentOf<KafkaSasl>(sasl)

/** The certificate and the key that a connection would be made with now. */
function pairOf({ tls }: KafkaConnectionOptions): readonly unknown[] {
  const { cert, key } = typeof tls === 'function' ? tls() : {}
  return [cert, key]
}

test('a password in a file is followed, one in the configuration stays', async (t) => {
  const bed = bedFor(t)
  bed.write('password', 'canary-1\n')
  const sasl = (password: string) => `  sasl: { mechanism: plain, username: relay, password: ${password} }`
  const config = bed.config(sasl('{ file: password }'))
  const { options, look, telemetry } = watch(t, config)
  const expected = { mechanism: 'plain', username: 'relay' }
  assert.deepEqual(saslOf(options), { ...expected, password: 'canary-1' })
  bed.write('password', 'canary-2\n')
  await look()
  assert.deepEqual(saslOf(options), { ...expected, password: 'canary-2' })
  assert.equal(telemetry.values.get('registry_relay_files_reloaded_total kafka credentials done'), 1)
  assert.doesNotMatch(JSON.stringify(telemetry.lines), /canary/)
  // Read once, for a command.
  assert.deepEqual(saslOf(kafkaOptions(config)), { ...expected, password: 'canary-1' })
  assert.deepEqual(saslOf(kafkaOptions(bed.config(sasl('fixed')))), { ...expected, password: 'fixed' })
})

test('a client certificate is renewed once its key has come too, and a broken one changes nothing', async (t) => {
  const bed = bedFor(t)
  for (const name of ['authority.crt', 'client.crt', 'client.key']) bed.copy(name, name)
  const tls =
    '  tls: { caFile: authority.crt, certificateFile: client.crt, keyFile: client.key, serverName: kafka }'
  const { options, look, telemetry } = watch(t, bed.config(tls))
  const first = pairOf(options)
  assert.equal(typeof options.tls === 'function' && options.tls().servername, 'kafka')

  bed.copy('broker.pem', 'client.crt')
  await look()
  assert.deepEqual(pairOf(options), first)
  assert.equal(telemetry.values.get('registry_relay_files_reloaded_total kafka tls failed'), 1)
  bed.copy('broker.pem', 'client.key')
  await look()
  const second = pairOf(options)
  assert.notDeepEqual(second, first)
  bed.write('authority.crt', 'no certificate')
  await look()
  assert.match(String(telemetry.lines.at(-1)?.facts['err']), /kafka\.tls\.caFile.*holds no certificate/)
  bed.write('client.crt', '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n')
  bed.copy('authority.crt', 'authority.crt')
  await look()
  assert.deepEqual(pairOf(options), second)
  assert.equal(telemetry.values.get('registry_relay_files_reloaded_total kafka tls failed'), 3)
})

test('the secret for tokens is followed', async (t) => {
  const provider = await OAuthProvider.start()
  t.after(() => provider.stop())
  const bed = bedFor(t)
  bed.write('secret', 'wrong\n')
  const config = bed.config(
    `  sasl: { mechanism: oauthbearer, tokenUrl: "${provider.url}/token", clientId: relay, clientSecret: { file: secret }, scope: publish, audience: kafka }`,
  )
  const { options, look } = watch(t, config)
  const sasl = saslOf(options)
  assert.ok(sasl?.mechanism === 'oauthbearer')
  await assert.rejects(sasl.token(), { code: 'KAFKA_CONFIGURATION', message: /invalid_client/ })
  bed.write('secret', `${provider.secret}\n`)
  await look()
  const token = await sasl.token()
  assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/)
  assert.equal(await sasl.token(), token)
  assert.deepEqual(Object.fromEntries(provider.asked[1] ?? []), {
    ...{ grant_type: 'client_credentials', scope: 'publish', audience: 'kafka' },
  })
})

test('files that cannot be read or used are an error at the start, which names their key', (t) => {
  const bed = bedFor(t)
  for (const name of ['client.crt', 'broker.pem']) bed.copy(name, name)
  bed.write('none.crt', 'no certificate')
  for (const [kafka, words] of [
    ['  tls: { caFile: missing.crt }', /^"kafka\.tls\.caFile": there is no file/],
    [
      '  tls: { certificateFile: client.crt, keyFile: broker.pem }',
      /^"kafka\.tls": .*cannot be used: .*mismatch/,
    ],
    ['  tls: { caFile: none.crt }', /^"kafka\.tls\.caFile": .*holds no certificate/],
    ['  tls: { certificateFile: none.crt, keyFile: broker.pem }', /^"kafka\.tls": .*cannot be used/],
  ] as const) {
    assert.throws(
      () => kafkaOptions(bed.config(kafka)),
      (error) => isRelayError(error, 'CONFIG_INVALID') && words.test(error.message),
      kafka,
    )
  }
})

test('without files nothing is looked at, and after the end nothing more', async (t) => {
  const bed = bedFor(t)
  assert.equal(watch(t, bed.config('  tls: true')).clock.pending, 0)
  bed.write('password', 'one\n')
  const watched = watch(
    t,
    bed.config('  sasl: { mechanism: plain, username: u, password: { file: password } }'),
  )
  assert.equal(watched.clock.pending, 1)
  await watched.close()
  assert.equal(watched.clock.pending, 0)
})
