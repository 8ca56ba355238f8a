import { join } from 'node:path'
import { sleep } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import { variablesForServer } from './environment.ts'
import { bootstrapOf, clusterJvm, javaKafka, quickJvm } from './java-kafka.ts'
import { probeMembers } from './kafka-members.ts'
import { type KafkaNode, newUuid, prepareFolder } from './kafka-node.ts'
import { ManagedServer } from './managed-server.ts'
import type { PreparedServers, WayOptions } from './way.ts'

const host = '127.0.0.1'

/** Several Javas that start at once on two busy cores take a minute and more. */
const clusterTimeoutMs = 180_000
const registeredEveryMs = 100

/** What the brokers are run from. */
export interface BrokerPlan {
  readonly version: string
  /** Folder of the jars. */
  readonly installed: string
  readonly javaHome: string
  /** Folder of the data. */
  readonly root: string
  /** The same, when it is to be removed at the end. */
  readonly temporaryDir: string | undefined
}

/** Clients, controller, other brokers, and the further listeners. */
const portsOfEach = (options: WayOptions): number => 3 + options.listeners.length

/** How many ports {@link prepareBrokers} wants. */
export const portsOfBrokers = (options: WayOptions): number => options.brokerCount * portsOfEach(options)

/** One broker, or a cluster of several that are all controllers too. */
export async function prepareBrokers(
  options: WayOptions,
  plan: BrokerPlan,
  ports: readonly number[],
): Promise<Omit<PreparedServers, 'schemaRegistry'>> {
  const nodes = await nodesOf(options, plan, ports)
  const clusterId = newUuid()
  for (const node of nodes) await prepareFolder(node, bootstrapOf(plan.installed), clusterId)
  const [first, ...others] = nodes.map((node) => manage(options, plan, node))
  if (first === undefined) throw new RelayError('REAL_PARTS_FAILED', 'brokerCount must be 1 or more')
  const addresses = (portOf: (node: KafkaNode) => number): string[] =>
    nodes.map((node) => `${host}:${portOf(node)}`)
  return {
    brokers: addresses(({ clientPort, advertisedPort = clientPort }) => advertisedPort),
    nodes: [first, ...others],
    listeners: new Map(
      options.listeners.map(({ name }, index) => [
        name,
        addresses(({ extraListeners = [] }) => extraListeners[index]?.port ?? 0),
      ]),
    ),
    ready: () => allRegistered(options, nodes),
  }
}

async function nodesOf(
  options: WayOptions,
  plan: BrokerPlan,
  ports: readonly number[],
): Promise<readonly KafkaNode[]> {
  const each = portsOfEach(options)
  const owned = Array.from({ length: options.brokerCount }, (_, index) => ({
    id: index + 1,
    ports: ports.slice(index * each, (index + 1) * each),
  }))
  const voters = owned.map(({ id, ports: [, controllerPort = 0] }) => ({ id, host, controllerPort }))
  const advertised = await options.advertise?.(owned.map(({ id, ports: [port = 0] }) => ({ id, port })))
  return owned.map(
    ({ id, ports: [clientPort = 0, controllerPort = 0, interBrokerPort = 0, ...extra] }, index) => ({
      ...{ id, host, clientPort, controllerPort, voters },
      advertisedPort: advertised?.[index],
      interBrokerPort: advertised === undefined ? undefined : interBrokerPort,
      extraListeners: options.listeners.map((listener, at) => ({ ...listener, port: extra[at] ?? 0 })),
      folder: join(plan.root, owned.length === 1 ? 'kafka' : `kafka-${id}`),
      properties: options.brokerProperties,
    }),
  )
}

function manage(options: WayOptions, plan: BrokerPlan, node: KafkaNode): ManagedServer {
  const single = node.voters.length === 1
  const { version, installed, javaHome, temporaryDir } = plan
  return new ManagedServer({
    runner: javaKafka({
      ...{ node, version, installed, javaHome, temporaryDir },
      name: single ? 'kafka' : `kafka-${node.id}`,
      jvmOptions: options.jvmOptions ?? (single ? quickJvm : clusterJvm),
      variables: variablesForServer(options.environment.variables),
    }),
    clock: options.clock,
    logger: options.telemetry.logger,
    ...(single ? {} : { startTimeoutMs: clusterTimeoutMs }),
  })
}

/** Each broker knows of itself when it has started; here of all others too. */
async function allRegistered(options: WayOptions, nodes: readonly KafkaNode[]): Promise<void> {
  const { clock } = options
  const ids = nodes.map(({ id }) => id)
  const began = clock.monotonic()
  for (;;) {
    try {
      await Promise.all(nodes.map((node) => probeMembers(node.host, node.clientPort, ids, 2_000)))
      return
    } catch (error) {
      if (clock.monotonic() - began > clusterTimeoutMs) {
        throw new RelayError('REAL_PARTS_FAILED', `the cluster is not complete: ${toError(error).message}`)
      }
    }
    await sleep(clock, registeredEveryMs)
  }
}
