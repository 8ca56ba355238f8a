import kafkajs from 'kafkajs'
import { type Clock, systemClock } from '../../clock.ts'
import type { Telemetry } from '../../telemetry.ts'
import { type KafkaConnection, type KafkaConnectionOptions, kafkaConnection } from '../connection.ts'
import { registerCodecs } from './compression.ts'
import { explainClosed } from './explain-closed.ts'
import { kafkajsLog } from './log.ts'
import { closeInOrder } from './orderly-close.ts'
import { patchKafkajs } from './patches.ts'
import { presentSasl } from './sasl.ts'
import { SocketGuard } from './socket-guard.ts'
import { checkKafkajsVersion } from './version.ts'

/**
 * How long before a session ends the client authenticates anew, at the next request. A broker does not let it do so twice
 * within a second, and a session that is too short is therefore none: kafkajs would begin at every request. With its default
 * of 10 s a broker with sessions of 10 s (`connections.max.reauth.ms`) could not be used, with 3 s one with 5 s can.
 */
const reauthenticateBeforeMs = 3_000

/** What this package uses of kafkajs's client object. Each call makes a client with sockets of its own. */
export interface KafkaClient {
  readonly connection: KafkaConnection
  producer(config: kafkajs.ProducerConfig): kafkajs.Producer
  consumer(config: kafkajs.ConsumerConfig): kafkajs.Consumer
  admin(config?: kafkajs.AdminConfig): kafkajs.Admin
}

/**
 * kafkajs made safe for use: the exact version that everything here was tested with, its log through our logger,
 * and a `SocketGuard` for every producer, consumer and admin. Connects nothing yet.
 *
 * @throws RelayError CONFIG_INVALID, or KAFKA_CLIENT_CHANGED when another version of kafkajs is installed
 */
export function createKafka(
  options: KafkaConnectionOptions,
  telemetry: Telemetry,
  clock: Clock = systemClock,
): KafkaClient {
  checkKafkajsVersion()
  patchKafkajs()
  registerCodecs()
  const connection = kafkaConnection(options)
  const logCreator = kafkajsLog(telemetry.logger, clock)

  // One kafkajs object per client, because the socket factory belongs to that object: the guard then knows whose
  // sockets it destroys, and a producer's time-out never costs a consumer its connection.
  const build = (guard: SocketGuard): kafkajs.Kafka =>
    new kafkajs.Kafka({
      brokers: [...connection.brokers],
      clientId: connection.clientId,
      // Says only that there is TLS: the guard knows the certificates.
      ssl: connection.tls !== false,
      ...(connection.sasl === undefined ? {} : { sasl: presentSasl(connection.sasl) }),
      reauthenticationThreshold: reauthenticateBeforeMs,
      connectionTimeout: connection.connectionTimeoutMs,
      requestTimeout: connection.requestTimeoutMs,
      // Used for connecting and for metadata whatever a producer says about its own retries: about 3 s in all.
      retry: { initialRetryTime: 50, maxRetryTime: 500, retries: 8 },
      socketFactory: guard.connect,
      logLevel: connection.debug ? kafkajs.logLevel.DEBUG : kafkajs.logLevel.INFO,
      logCreator,
    })

  const guarded = <Client extends kafkajs.Producer | kafkajs.Consumer | kafkajs.Admin>(
    make: (kafka: kafkajs.Kafka) => Client,
  ): Client => {
    const guard = new SocketGuard(telemetry.logger, connection.tls)
    const client = make(build(guard))
    guard.watch(client)
    explainClosed(client, connection)
    closeInOrder(client)
    return client
  }

  return {
    connection,
    producer: (config) => guarded((kafka) => kafka.producer(config)),
    consumer: (config) => guarded((kafka) => kafka.consumer(config)),
    admin: (config) => guarded((kafka) => kafka.admin(config)),
  }
}
