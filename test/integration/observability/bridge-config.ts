import type { Config } from '../../../src/config/config.ts'
import { parseConfig } from '../../../src/config/parse.ts'
import { Secret } from '../../../src/config/secret.ts'
import type { GatewayBed } from '../gateway/gateway-bed.ts'

/** A bridge over the topics of a gateway's bed, with one endpoint that gets no pulls. */
export function bridgeConfig({ config, servers }: GatewayBed, url: string): Config {
  const { events, deadLetters, rejected } = config.topics
  const text = JSON.stringify({
    kafka: { brokers: servers.brokers },
    topics: { events, deadLetters, rejected, partitions: 6, replicationFactor: 1 },
    schemaRegistry: { url: servers.schemaRegistryUrl },
    bridge: {
      group: `group-${events}`,
      endpoints: [
        { name: 'hook', url, ignore: { actions: ['pull'] }, retry: { firstMs: 20, maxMs: 100, slowMs: 200 } },
      ],
    },
    management: { port: 0 },
  })
  return parseConfig(text, { fileName: 'test.yaml', environment: {}, readSecret: () => new Secret('') })
}
