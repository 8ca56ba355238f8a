import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, type TestContext, test } from 'node:test'
import { KafkaFiles } from '../../../src/app/kafka-files.ts'
import { watchConnection } from '../../../src/app/watch-connection.ts'
import { loadConfig } from '../../../src/config/load.ts'
import type { KafkaConnectionOptions } from '../../../src/kafka/connection.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { until } from '../../support/until.ts'
import { fixture, SecureBed } from './secure-bed.ts'

let secure: SecureBed

before(async () => {
  secure = await SecureBed.start()
})
after(() => secure.stop())

interface Files {
  readonly folder: string
  write(name: string, content: string): void
  copy(from: string, name: string): void
  /** A way to Kafka that follows its files, as a relay with this configuration has it. */
  connection(kafka: Record<string, unknown>): KafkaConnectionOptions
}

function filesOf(t: TestContext): Files {
  const folder = mkdtempSync(join(tmpdir(), 'security-rotation-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return {
    folder,
    write: (name, content) => writeFileSync(join(folder, name), content),
    copy: (from, name) => copyFileSync(fixture(from), join(folder, name)),
    connection(kafka) {
      const file = join(folder, 'relay.yaml')
      writeFileSync(file, JSON.stringify({ kafka, schemaRegistry: { url: 'http://127.0.0.1:1/' } }))
      const kafkaFiles = new KafkaFiles(loadConfig(file, {}).kafka)
      t.after(watchConnection('kafka', kafkaFiles, noTelemetry))
      return kafkaFiles.options
    },
  }
}

test('a password that is changed on the broker and then in its file: publisher and consumer come back, nothing is lost', async (t) => {
  const files = filesOf(t)
  files.write('password', 'first\n')
  await secure.setScramPassword('SCRAM-SHA-512', 'first')
  const connection = files.connection({
    brokers: secure.at('SASL'),
    sasl: { mechanism: 'scram-sha-512', username: 'relay', password: { file: 'password' } },
  })
  const topic = await secure.bed.topic()
  const writer = await secure.publisher(topic, connection)
  const { consumer, values } = secure.consumer(topic, connection)
  await writer.write(50)
  await until(() => values.length >= 50)

  await secure.setScramPassword('SCRAM-SHA-512', 'second')
  await writer.write(50)
  await secure.restartBroker()
  const writing = writer.write(50)
  await writer.refused(/authentication failed: .*invalid credentials/)
  await until(() => /authentication failed/.test(consumer.readiness().reason ?? ''), {
    ms: 60_000,
    what: () => JSON.stringify(consumer.readiness()),
  })

  files.write('password', 'second\n')
  await writing
  await until(() => writer.publisher.readiness().ready && consumer.readiness().ready, { ms: 90_000 })
  await writer.write(50)
  await until(() => new Set(values).size === 200)
  await Promise.all([consumer.close(), writer.publisher.close()])
  await secure.check(topic, writer.confirmed)
})

test('a client certificate that expires and is renewed', async (t) => {
  const files = filesOf(t)
  files.copy('authority.crt', 'ca.crt')
  files.copy('client.crt', 'relay.crt')
  files.copy('client.key', 'relay.key')
  const connection = files.connection({
    brokers: secure.at('MTLS'),
    tls: { caFile: 'ca.crt', certificateFile: 'relay.crt', keyFile: 'relay.key' },
  })
  const topic = await secure.bed.topic()
  const writer = await secure.publisher(topic, connection)
  await writer.write(50)

  files.copy('client-expired.crt', 'relay.crt')
  const { tls } = connection
  assert.ok(typeof tls === 'function')
  const before = tls().cert
  await until(() => tls().cert !== before)
  await secure.restartBroker()
  const writing = writer.write(50)
  await writer.refused(/the broker refuses our certificate/)

  files.copy('client.crt', 'relay.crt')
  await writing
  await until(() => writer.publisher.readiness().ready)
  await writer.publisher.close()
  await secure.check(topic, writer.confirmed)
})

test('a broker whose certificate expires and is renewed', async (t) => {
  const files = filesOf(t)
  files.copy('authority.crt', 'ca.crt')
  const connection = files.connection({
    ...{ brokers: secure.at('SASLTLS'), tls: { caFile: 'ca.crt' } },
    sasl: { mechanism: 'plain', username: 'relay', password: 'plain-password' },
  })
  const topic = await secure.bed.topic()
  const writer = await secure.publisher(topic, connection)
  await writer.write(50)
  await secure.restartBroker(() => secure.useBrokerCertificate('broker-expired.pem'))
  const writing = writer.write(50)
  await writer.refused(/the broker's certificate, or one that signed it, has expired/)
  await secure.restartBroker(() => secure.useBrokerCertificate('broker.pem'))
  await writing
  await until(() => writer.publisher.readiness().ready)
  await writer.publisher.close()
  await secure.check(topic, writer.confirmed)
})

test('a client secret that is changed at the provider and then in its file', async (t) => {
  const files = filesOf(t)
  const { provider } = secure
  provider.lifetimeSeconds = 8
  files.write('secret', `${provider.secret}\n`)
  const connection = files.connection({
    brokers: secure.at('OAUTH'),
    sasl: {
      ...{ mechanism: 'oauthbearer', tokenUrl: `${provider.url}/token` },
      ...{ clientId: 'relay', clientSecret: { file: 'secret' } },
    },
  })
  const topic = await secure.bed.topic()
  const writer = await secure.publisher(topic, connection)
  await writer.write(50)
  provider.secret = 'second-secret'
  // Goes on with the token that it has, until the broker wants another.
  let stopped = false
  const writing = (async () => {
    while (!stopped) await writer.write(5)
  })()
  await writer.refused(/the token endpoint .* answers 401 invalid_client/)
  files.write('secret', 'second-secret\n')
  await until(() => writer.publisher.readiness().ready)
  stopped = true
  await writing
  await writer.publisher.close()
  await secure.check(topic, writer.confirmed)
})
