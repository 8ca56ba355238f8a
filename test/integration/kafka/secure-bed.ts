import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KafkaConnectionOptions } from '../../../src/kafka/connection.ts'
import { createKafka } from '../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../src/kafka/kafkajs/consumer.ts'
import { kafkajsProducers } from '../../../src/kafka/kafkajs/producer.ts'
import { Publisher } from '../../../src/kafka/publisher.ts'
import { quickJvm } from '../../../src/local-stack/java-kafka.ts'
import { noTelemetry } from '../../../src/telemetry.ts'
import { OAuthProvider } from '../../support/oauth-provider.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../../unit/kafka/counted-telemetry.ts'
import { KafkaBed } from './kafka-bed.ts'

export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../fixtures/kafka-tls/${name}`, import.meta.url))

const sasl = 'org.apache.kafka.common.security'

/**
 * A real broker with every listener that a cluster may have. The plain one is the tests' own: who comes there is a super
 * user. The users of the others are named `relay`.
 */
export class SecureBed {
  readonly bed: KafkaBed
  readonly provider: OAuthProvider
  readonly #folder: string

  private constructor(bed: KafkaBed, provider: OAuthProvider, folder: string) {
    this.bed = bed
    this.provider = provider
    this.#folder = folder
  }

  static async start(): Promise<SecureBed> {
    const folder = await mkdtemp(join(tmpdir(), 'secure-bed-'))
    const keyStore = join(folder, 'broker.pem')
    await copyFile(fixture('broker.pem'), keyStore)
    const provider = await OAuthProvider.start()
    const bed = await KafkaBed.start({
      ways: ['java'],
      schemaRegistry: false,
      listeners: [
        { name: 'SASL', protocol: 'SASL_PLAINTEXT' },
        { name: 'OAUTH', protocol: 'SASL_PLAINTEXT' },
        { name: 'MTLS', protocol: 'SSL' },
        { name: 'SASLTLS', protocol: 'SASL_SSL' },
      ],
      brokerProperties: {
        ...passwords('sasl'),
        ...passwords('sasltls'),
        'listener.name.oauth.sasl.enabled.mechanisms': 'OAUTHBEARER',
        'listener.name.oauth.oauthbearer.sasl.jaas.config': `${sasl}.oauthbearer.OAuthBearerLoginModule required;`,
        'listener.name.oauth.oauthbearer.sasl.server.callback.handler.class': `${sasl}.oauthbearer.OAuthBearerValidatorCallbackHandler`,
        'listener.name.oauth.oauthbearer.connections.max.reauth.ms': '3600000',
        'sasl.oauthbearer.jwks.endpoint.url': `${provider.url}/jwks`,
        'sasl.oauthbearer.expected.audience': 'kafka',
        'sasl.oauthbearer.expected.issuer': 'registry-relay-tests',
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': keyStore,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': fixture('authority.crt'),
        'listener.name.mtls.ssl.client.auth': 'required',
        'ssl.principal.mapping.rules': 'RULE:^CN=(.*)$/$1/,DEFAULT',
        'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
        'super.users': 'User:ANONYMOUS',
        'allow.everyone.if.no.acl.found': 'true',
      },
      jvmOptions: [...quickJvm, `-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${provider.url}/jwks`],
    })
    return new SecureBed(bed, provider, folder)
  }

  /** Addresses of a listener. */
  at(listener: 'SASL' | 'OAUTH' | 'MTLS' | 'SASLTLS'): readonly string[] {
    return this.bed.stack.listenerAddresses(listener)
  }

  /** Of the user `relay`. The broker keeps one for each mechanism. */
  async setScramPassword(mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512', password: string): Promise<void> {
    await this.bed.stack.runTool('kafka.admin.ConfigCommand', [
      ...['--bootstrap-server', String(this.bed.stack.brokers[0])],
      ...['--alter', '--entity-type', 'users', '--entity-name', 'relay'],
      ...['--add-config', `${mechanism}=[password=${password}]`],
    ])
  }

  /** A publisher over one of the listeners. */
  async publisher(topic: string, connection: KafkaConnectionOptions): Promise<SecurePublisher> {
    const telemetry = new CountedTelemetry()
    const kafka = createKafka(connection, telemetry)
    const publisher = new Publisher({ topic, producer: kafkajsProducers(kafka, { topic }), telemetry })
    await publisher.start()
    return new SecurePublisher(publisher)
  }

  /** Values of a topic as they come to a member of a group, which joins in the background. */
  consumer(topic: string, connection: KafkaConnectionOptions): { consumer: KafkaConsumer; values: string[] } {
    const kafka = createKafka(connection, noTelemetry)
    const consumer = new KafkaConsumer({ kafka, groupId: `group-${topic}`, topics: [topic] })
    const values: string[] = []
    consumer
      .start({
        take: ({ records }) => values.push(...records.map(({ value }) => String(value))),
        giveBack: async () => {},
        lost: () => {},
      })
      // Closed before it had joined.
      .catch(() => {})
    return { consumer, values }
  }

  /** Everything in the topic is what was confirmed, once, in the order of each key. */
  async check(topic: string, values: readonly string[]): Promise<void> {
    const stored = await this.bed.read(topic)
    assert.deepEqual(stored.map(({ value }) => String(value)).toSorted(), [...values].toSorted())
    for (const partition of new Set(stored.map((record) => record.partition))) {
      const numbers = stored
        .filter((record) => record.partition === partition)
        .map(({ value }) => Number(String(value).split('#')[1]))
      assert.deepEqual(
        numbers,
        numbers.toSorted((a, b) => a - b),
      )
    }
  }

  /** Ends every connection. */
  async restartBroker(meanwhile: () => Promise<void> = async () => {}): Promise<void> {
    await this.bed.stack.kafka.stop()
    await meanwhile()
    await this.bed.stack.kafka.start()
  }

  /** For the next start of the broker. */
  async useBrokerCertificate(name: 'broker.pem' | 'broker-expired.pem'): Promise<void> {
    await copyFile(fixture(name), join(this.#folder, 'broker.pem'))
  }

  async stop(): Promise<void> {
    await this.bed.stop()
    this.provider.stop()
    await rm(this.#folder, { recursive: true, force: true })
  }
}

/** Writes numbered values under a few keys, and keeps which were confirmed. */
export class SecurePublisher {
  readonly publisher: Publisher
  readonly confirmed: string[] = []
  #written = 0

  constructor(publisher: Publisher) {
    this.publisher = publisher
  }

  /** Resolves when all of them are in the topic. */
  async write(count: number): Promise<void> {
    const values = Array.from({ length: count }, () => {
      this.#written += 1
      return `${this.#written % 5}#${this.#written}`
    })
    await this.publisher.write(
      values.map((value) => ({
        ...{ key: Buffer.from(value.slice(0, 1)), value: Buffer.from(value) },
        ...{ valueBytes: value.length, timestamp: Date.now() },
      })),
    )
    this.confirmed.push(...values)
  }

  /** Waits until it is not ready for the reason that is meant. */
  async refused(words: RegExp): Promise<void> {
    let reason: string | undefined
    await until(
      () => {
        reason = this.publisher.readiness().reason
        return reason !== undefined && words.test(reason)
      },
      { ms: 60_000, what: () => `ready, or not for ${words}: ${reason}` },
    )
    assert.match(String(reason), words)
  }
}

function passwords(listener: string): Record<string, string> {
  const prefix = `listener.name.${listener}`
  return {
    [`${prefix}.sasl.enabled.mechanisms`]: 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${prefix}.plain.sasl.jaas.config`]: `${sasl}.plain.PlainLoginModule required user_relay="plain-password";`,
    [`${prefix}.scram-sha-256.sasl.jaas.config`]: `${sasl}.scram.ScramLoginModule required;`,
    [`${prefix}.scram-sha-512.sasl.jaas.config`]: `${sasl}.scram.ScramLoginModule required;`,
  }
}
