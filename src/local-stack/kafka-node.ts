import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { formatProperties } from './properties-file.ts'
import type { ExtraListener } from './way.ts'

/** One broker that is a controller too; a cluster is several of them that name each other as voters. */
export interface KafkaNode {
  readonly id: number
  readonly host: string
  readonly clientPort: number
  /** The port that clients are told, when it is not the one that they are listened to on: a proxy's. */
  readonly advertisedPort?: number | undefined
  /** Brokers talk to each other here; undefined: on the port of the clients. */
  readonly interBrokerPort?: number | undefined
  readonly extraListeners?: readonly (ExtraListener & { readonly port: number })[]
  readonly controllerPort: number
  /** All nodes of the cluster, this one included. */
  readonly voters: readonly { readonly id: number; readonly host: string; readonly controllerPort: number }[]
  /** Holds `server.properties` and the data. */
  readonly folder: string
  /** Settings of the caller; they win. */
  readonly properties: Readonly<Record<string, string>>
}

/** The file the broker is started with; written anew at each preparation, because ports change. */
export const propertiesFileOf = (node: KafkaNode): string => join(node.folder, 'server.properties')
const dataOf = (node: KafkaNode): string => join(node.folder, 'data')

/** Settings of a broker that is quick to start and small, and behaves like a large one otherwise. */
export function brokerProperties(node: KafkaNode): Record<string, string> {
  const replicas = String(Math.min(3, node.voters.length))
  const inSync = String(Math.min(2, node.voters.length))
  return {
    // One process for both roles: half the memory, and a controller that is there as soon as the broker is.
    'process.roles': 'broker,controller',
    'node.id': String(node.id),
    // The static form of the quorum: the data folder then holds no address, and can be used again on other ports.
    'controller.quorum.voters': node.voters
      .map((one) => `${one.id}@${one.host}:${one.controllerPort}`)
      .join(','),
    ...listenerProperties(node),
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': dataOf(node),
    ...smallBroker(replicas, inSync),
    ...node.properties,
  }
}

/** The brokers' own connections stay away from the clients' port when that one is advertised as a proxy's. */
function listenerProperties(node: KafkaNode): Record<string, string> {
  const { clientPort, advertisedPort = clientPort, interBrokerPort, extraListeners = [] } = node
  const others = [
    ...(interBrokerPort === undefined
      ? []
      : [{ name: 'INTERNAL', protocol: 'PLAINTEXT', port: interBrokerPort }]),
    ...extraListeners,
  ]
  const client = { name: 'CLIENT', protocol: 'PLAINTEXT', port: clientPort }
  const controller = { name: 'CONTROLLER', protocol: 'PLAINTEXT', port: node.controllerPort }
  const addresses = (listeners: readonly { name: string; port: number }[]): string =>
    listeners.map(({ name, port }) => `${name}://${node.host}:${port}`).join(',')
  return {
    listeners: addresses([client, controller, ...others]),
    'advertised.listeners': addresses([{ ...client, port: advertisedPort }, ...others]),
    'listener.security.protocol.map': [client, controller, ...others]
      .map(({ name, protocol }) => `${name}:${protocol}`)
      .join(','),
    'inter.broker.listener.name': interBrokerPort === undefined ? 'CLIENT' : 'INTERNAL',
  }
}

/** What does not depend on addresses: for the broker in a container too. */
export function smallBroker(replicas: string, inSync: string): Record<string, string> {
  return {
    // A topic with a typing error in its name must fail as it does on a production cluster.
    'auto.create.topics.enable': 'false',
    'default.replication.factor': replicas,
    'min.insync.replicas': inSync,
    // With the default of 3 on one broker these topics never come up, and every consumer waits for ever.
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': replicas,
    'share.coordinator.state.topic.min.isr': inSync,
    // 50 by default: fifty folders to make, before the first consumer gets its group.
    'offsets.topic.num.partitions': '8',
    'transaction.state.log.num.partitions': '4',
    // 3 s by default, for a group whose members come one after the other; here they are there or not.
    'group.initial.rebalance.delay.ms': '0',
    // 128 MB by default, taken at start.
    'log.cleaner.dedupe.buffer.size': '2097152',
    // After kill -9 the controller refuses the new broker until the session of the old one is over (9 s by default).
    'broker.session.timeout.ms': '3000',
    'broker.heartbeat.interval.ms': '500',
  }
}

/**
 * Writes the settings and, once, the two files that `kafka-storage format` would write into the data folder: the
 * starting metadata, made by Kafka's own tool when the jars were fetched and the same for every cluster, and the
 * ids, which differ. That saves a Java run at each start.
 */
export async function prepareFolder(node: KafkaNode, bootstrap: string, clusterId: string): Promise<void> {
  await mkdir(dataOf(node), { recursive: true })
  await writeFile(propertiesFileOf(node), formatProperties(brokerProperties(node)))
  const ids = join(dataOf(node), 'meta.properties')
  if (await readFile(ids).catch(() => undefined)) return
  await copyFile(bootstrap, join(dataOf(node), 'bootstrap.checkpoint'))
  // Last and by a rename: a folder with this file in it counts as formatted.
  await writeFile(
    `${ids}.new`,
    formatProperties({
      version: '1',
      'cluster.id': clusterId,
      'node.id': String(node.id),
      'directory.id': newUuid(),
    }),
  )
  await rename(`${ids}.new`, ids)
}

/** Kafka writes its ids as 16 bytes in base64url, 22 characters. One that begins with a dash confuses its tools. */
export function newUuid(): string {
  let text = '-'
  while (text.startsWith('-')) text = randomBytes(16).toString('base64url')
  return text
}
