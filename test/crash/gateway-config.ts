import type { Mode } from './points.ts'
import type { Servers } from './topic-reader.ts'

export interface GatewayConfigOptions {
  readonly servers: Servers
  readonly mode: Mode
  readonly topic: string
  readonly port: number
  readonly token: string
  readonly spoolFolder: string
}

/**
 * The configuration file of the gateway under test. Its spool is small: an eighth of it may be acked records, so that
 * segments are made and deleted all the time.
 */
export function gatewayConfig(options: GatewayConfigOptions): string {
  const { servers, mode, topic, port, token, spoolFolder } = options
  const brokers = servers.brokers.map((address) => `"${address}"`).join(', ')
  const spool = `spool: { folder: "${spoolFolder}", maxBytes: 2097152, segmentBytes: 65536 }`
  return `kafka: { brokers: [${brokers}] }
topics: { events: ${topic}, deadLetters: ${topic}-dlq, rejected: ${topic}-rejected, partitions: 6, replicationFactor: 1 }
schemaRegistry: { url: "${servers.schemaRegistryUrl}", mode: register }
gateway: { port: ${port}, ackMode: ${mode}, maxBodyBytes: 65536, credentials: [{ bearer: ${token} }] }
${mode === 'spool' ? spool : ''}
logging: { level: warn, format: json }
`
}
