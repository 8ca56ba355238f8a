import type { SchemaRegistryOptions } from '../avro/schema-registry.ts'
import type { Config } from '../config/config.ts'
import type { KafkaConnectionOptions } from '../kafka/connection.ts'
import type { Telemetry } from '../telemetry.ts'
import { KafkaFiles } from './kafka-files.ts'
import { RegistryFiles } from './registry-files.ts'
import type { Supervisor } from './supervisor.ts'
import { watchConnection } from './watch-connection.ts'

/** How to reach Kafka and the schema registry, for any number of clients. */
export interface Connections {
  readonly kafka: KafkaConnectionOptions
  readonly schemaRegistry: SchemaRegistryOptions
}

/**
 * For a service that outlives its passwords and certificates: every new connection is made with what the files say by then.
 *
 * @throws RelayError CONFIG_INVALID naming the key whose file cannot be read or used
 */
export function watchConnections(
  config: Pick<Config, 'kafka' | 'schemaRegistry'>,
  telemetry: Telemetry,
  supervisor: Supervisor,
): Connections {
  const kafka = new KafkaFiles(config.kafka)
  const schemaRegistry = new RegistryFiles(config.schemaRegistry)
  supervisor.add('files of kafka', watchConnection('kafka', kafka, telemetry))
  supervisor.add(
    'files of the schema registry',
    watchConnection('schema registry', schemaRegistry, telemetry),
  )
  return { kafka: kafka.options, schemaRegistry: schemaRegistry.options }
}
