import type { Config } from '../config/config.ts'

/** The configuration of the demo: every port chosen by the system, one broker, the schema registered by the demo itself. */
export function demoConfig(
  stack: { readonly brokers: readonly string[]; readonly schemaRegistryUrl: string },
  receiverUrl: string,
  deliverTo: string | undefined,
): Config {
  const endpoint = { headers: {}, timeoutMs: 10_000, concurrency: 64 }
  return {
    kafka: {
      brokers: stack.brokers,
      clientId: 'registry-relay-demo',
      tls: false,
      connectionTimeoutMs: 3_000,
      requestTimeoutMs: 15_000,
    },
    topics: {
      events: 'registry.events.v1',
      deadLetters: 'registry.events.dlq.v1',
      rejected: 'registry.events.rejected.v1',
      partitions: 12,
      replicationFactor: 1,
    },
    schemaRegistry: { url: stack.schemaRegistryUrl, mode: 'register', timeoutMs: 5_000 },
    gateway: {
      host: '127.0.0.1',
      port: 0,
      path: '/notifications',
      maxBodyBytes: 32 * 1024 * 1024,
      ackBudgetMs: 800,
      authorization: [],
      publisherId: 'registry-relay-demo',
    },
    bridge: {
      group: 'registry-relay',
      endpoints: [
        { name: 'receiver', url: receiverUrl, ...endpoint },
        ...(deliverTo === undefined ? [] : [{ name: 'deliver-to', url: deliverTo, ...endpoint }]),
      ],
    },
    management: { host: '127.0.0.1', port: 0 },
    logging: { level: 'warn', format: 'auto' },
  }
}
