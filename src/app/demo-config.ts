import type { Config } from '../config/config.ts'
import { configSchema } from '../config/schema.ts'

export interface DemoPlaces {
  readonly brokers: readonly string[]
  readonly schemaRegistryUrl: string
  readonly receiverUrl: string
  readonly deliverTo: string | undefined
  readonly spoolFolder: string
}

/** The configuration of the demo: every port chosen by the system, one broker, the schema registered by the demo itself. */
export function demoConfig(places: DemoPlaces): Config {
  const { brokers, schemaRegistryUrl, receiverUrl, deliverTo, spoolFolder } = places
  return configSchema.parse({
    kafka: { brokers: [...brokers], clientId: 'registry-relay-demo' },
    topics: { replicationFactor: 1 },
    schemaRegistry: { url: schemaRegistryUrl, mode: 'register' },
    gateway: { port: 0, publisherId: 'registry-relay-demo' },
    spool: { folder: spoolFolder },
    bridge: {
      endpoints: [
        { name: 'receiver', url: receiverUrl },
        ...(deliverTo === undefined ? [] : [{ name: 'deliver-to', url: deliverTo }]),
      ],
    },
    management: { port: 0 },
    logging: { level: 'warn' },
  })
}
