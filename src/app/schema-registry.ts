import { SchemaRegistryClient } from '../avro/schema-registry.ts'
import type { SchemaRegistryConfig } from '../config/config.ts'
import { schemaRegistryOptions } from './settings.ts'

/** The schema registry of a configuration for one job; closed when it is done. */
export async function withSchemaRegistry<T>(
  config: SchemaRegistryConfig,
  run: (client: SchemaRegistryClient) => Promise<T>,
): Promise<T> {
  const client = new SchemaRegistryClient(schemaRegistryOptions(config))
  try {
    return await run(client)
  } finally {
    client.close()
  }
}
