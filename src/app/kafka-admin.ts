import type { KafkaConfig } from '../config/config.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import { KafkaAdmin } from '../kafka/kafkajs/admin.ts'
import { createKafka } from '../kafka/kafkajs/client.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { kafkaOptions } from './settings.ts'

/**
 * A cluster, for questions and for creating topics. By default the client logs nothing: every call ends with an answer or
 * with an error that says what happened, once.
 */
export function openAdmin(kafka: KafkaConnectionOptions, telemetry: Telemetry = noTelemetry): AdminPort {
  return new KafkaAdmin(createKafka(kafka, telemetry))
}

/** The cluster of a configuration for one job; closed when it is done. */
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
