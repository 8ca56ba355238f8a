import type { Config } from '../config/config.ts'
import { configSchema } from '../config/schema.ts'

export interface DemoPlaces {
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly receiverUrl: string
  readonly deliverTo: string | undefined
  readonly spoolFolder: string
  /** 0 lets the system choose. */
  readonly gatewayPort: number
  readonly managementPort: number
}

/** The configuration of the demo: one broker, the schema registered by the demo itself. */
export function demoConfig(places: DemoPlaces): Config {
  const { brokers, schemaRegistryUrl, receiverUrl, deliverTo, spoolFolder, gatewayPort, managementPort } =
    places
  return configSchema.parse({
    kafka: { brokers: [...brokers], clientId: 'registry-relay-demo' },
    topics: { replicationFactor: 1 },
    schemaRegistry: { url: schemaRegistryUrl, mode: 'register' },
    gateway: { port: gatewayPort, publisherId: 'registry-relay-demo' },
    spool: { folder: spoolFolder },
    bridge: {
      // Not the default: a bridge that somebody else runs on this Kafka would share the partitions with the demo's.
      group: 'registry-relay-demo',
      endpoints: [
        { name: 'receiver', url: receiverUrl },
        ...(deliverTo === undefined ? [] : [{ name: 'deliver-to', url: deliverTo }]),
      ],
    },
    management: { port: managementPort },
    logging: { level: 'warn' },
  })
}
