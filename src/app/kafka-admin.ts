import { systemClock, within } from '../clock.ts'
import type { KafkaConfig } from '../config/config.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { KafkaAdmin } from '../kafka/kafkajs/admin.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { AnswerWatch, type OnWait } from './answer-watch.ts'
import { takesConnections } from './broker-connection.ts'
import { kafkaOptions } from './settings.ts'

/**
 * Of a question: above what a broker takes for any answer, and short enough to ask another one before patience is over. Not
 * for writing, which may wait until the cluster has dropped a dead broker.
 */
const commandRequestMs = 8_000

/** A client that is still connecting closes when that has failed, which can take minutes; nothing depends on it. */
const closeMs = 2_000

/**
 * A cluster, for questions and for creating topics. By default the client logs nothing: every call ends with an answer or
 * with an error that says what happened, once.
 */
export function openAdmin(kafka: KafkaConnectionOptions, telemetry: Telemetry = noTelemetry): AdminPort {
  return new KafkaAdmin(createKafka(kafka, telemetry))
}

/** The cluster of a configuration for one job of a service; closed when it is done. */
export async function withAdmin<T>(
  config: KafkaConfig,
  run: (admin: AdminPort) => Promise<T>,
  telemetry?: Telemetry,
): Promise<T> {
  const admin = openAdmin(kafkaOptions(config), telemetry)
  try {
    return await run(admin)
  } finally {
    await admin.close()
  }
}

/** The same for a command: calls that Kafka leaves unanswered reject with KAFKA_UNAVAILABLE within half a minute. */
export async function withWatchedAdmin<T>(
  config: KafkaConfig,
  onWait: OnWait,
  run: (admin: AdminPort) => Promise<T>,
): Promise<T> {
  const admin = openAdmin(commandKafka(config))
  try {
    return await run(watchOf(config, onWait).watched(admin))
  } finally {
    await closeSoon([admin])
  }
}

/** For the questions of a command. */
export function commandKafka(config: KafkaConfig): KafkaConnectionOptions {
  return { ...kafkaOptions(config), requestTimeoutMs: Math.min(config.requestTimeoutMs, commandRequestMs) }
}

export function watchOf({ brokers }: KafkaConfig, onWait: OnWait): AnswerWatch {
  return new AnswerWatch({ brokers, onWait, takesConnections, clock: systemClock })
}

/** Resolves when all are closed, after 2 s at the latest. */
export async function closeSoon(parts: readonly { close(): Promise<void> }[]): Promise<void> {
  await within(systemClock, closeMs, Promise.all(parts.map((part) => part.close())))
}
