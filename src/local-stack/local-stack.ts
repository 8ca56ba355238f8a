import { resolve } from 'node:path'
import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { startByDocker } from './docker-way.ts'
import { readEnvironment, type Variables } from './environment.ts'
import { useGiven } from './given-way.ts'
import { startByJava } from './java-way.ts'
import type { LocalServer } from './local-server.ts'
import type { OnProgress } from './progress.ts'
import type { Advertise, ExtraListener, Way, WayMissing, WayOptions, WayStarted } from './way.ts'
import { makeWritable } from './writable-folder.ts'

export interface LocalStackOptions {
  /** Start a schema registry too. Default true. */
  readonly schemaRegistry?: boolean
  /**
   * Brokers of the cluster, each a controller too. With three, topics have three copies by default, of which two must
   * hold a record before it is acknowledged. Default 1; more are started by Java only, and take 180 MB each.
   */
  readonly brokerCount?: number
  /** Clients are told other ports than those that the brokers listen on, for a proxy in between. By Java only. */
  readonly advertise?: Advertise
  /** Listeners beside the one for plain clients, each on a port that the system chose. By Java only. */
  readonly listeners?: readonly ExtraListener[]
  /**
   * Folder for the data, kept at the end: the next start with the same folder finds topics, records and schemas again, on the
   * same ports where they are free. By Java only; servers given by address keep their own. Default: a temporary folder, removed
   * at the end, also when this process is killed.
   */
  readonly dataDir?: string
  /** What may be tried, in this order. Default: given, docker, java. */
  readonly ways?: readonly Way[]
  /** The Java to use, whatever else is there. */
  readonly javaHome?: string
  /** Settings of every broker, over ours: `{ 'message.max.bytes': '2000000' }`. */
  readonly brokerProperties?: Readonly<Record<string, string>>
  /** Options of each broker's Java. Default: quick to start and small; a benchmark wants `['-Xmx1g']`. */
  readonly jvmOptions?: readonly string[]
  /** Where server jars are kept. Default: `REGISTRY_RELAY_CACHE`, else `registry-relay` in the user's cache folder. */
  readonly cacheDir?: string
  /** Variables to read instead of those of this process. */
  readonly environment?: Variables
  readonly onProgress?: OnProgress
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/** A real Kafka and a real schema registry that answer. */
export interface LocalStack {
  readonly way: Way
  /** `127.0.0.1:PORT` of each broker, as clients are told: with {@link LocalStackOptions.advertise} those ports. */
  readonly brokers: readonly string[]
  /** Addresses of one of {@link LocalStackOptions.listeners}, in the order of the brokers. Throws for another name. */
  listenerAddresses(name: string): readonly string[]
  /** Base of the Confluent-compatible API. Throws when the stack was started without a schema registry. */
  readonly schemaRegistryUrl: string
  /** The first broker. */
  readonly kafka: LocalServer
  /** All brokers: the one with the id 1 first. */
  readonly nodes: readonly LocalServer[]
  /** Throws when the stack was started without one. */
  readonly schemaRegistry: LocalServer
  /**
   * Runs one of Kafka's command-line tools that are in the broker's own jars, by its class: `kafka.admin.ConfigCommand`.
   * Resolves with what it wrote. Fails with REAL_PARTS_FAILED, or with REAL_PARTS_MISSING where Java did not start the stack.
   */
  runTool(mainClass: string, parameters: readonly string[]): Promise<string>
  /** Ends the servers and removes temporary data. Idempotent; servers given by address go on running. */
  stop(): Promise<void>
}

const startWay: Readonly<Record<Way, (options: WayOptions) => Promise<WayStarted | WayMissing>>> = {
  given: useGiven,
  docker: startByDocker,
  java: startByJava,
}

/**
 * Brings Kafka and a schema registry up on this machine, the first way that it offers: (a) addresses given by
 * `REGISTRY_RELAY_BROKERS` and `REGISTRY_RELAY_SCHEMA_REGISTRY`; (b) a Docker daemon that answers; (c) Java and Maven.
 * Resolves when all servers answer requests. Several stacks may run side by side.
 *
 * Fails with REAL_PARTS_MISSING (none of the ways; the message says what to install) or REAL_PARTS_FAILED (a server
 * that does not start; the message ends with its last lines), and with CONFIG_INVALID for a folder that cannot be written to.
 * Nothing is left running then.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const read = readEnvironment(options.environment)
  const onProgress = options.onProgress ?? (() => {})
  const telemetry = options.telemetry ?? noTelemetry
  // Servers run in folders of their own, from where a relative path leads elsewhere.
  const dataDir = options.dataDir === undefined ? undefined : resolve(options.dataDir)
  if (dataDir !== undefined) await makeWritable(dataDir, 'to keep data in', 'Name another one.')
  const wayOptions: WayOptions = {
    schemaRegistry: options.schemaRegistry ?? true,
    brokerCount: options.brokerCount ?? 1,
    advertise: options.advertise,
    listeners: options.listeners ?? [],
    dataDir,
    javaHome: options.javaHome,
    brokerProperties: options.brokerProperties ?? {},
    jvmOptions: options.jvmOptions,
    environment: { ...read, cacheDir: resolve(options.cacheDir ?? read.cacheDir) },
    clock: options.clock ?? systemClock,
    telemetry,
    onProgress,
  }
  const missing: string[] = []
  for (const way of options.ways ?? (['given', 'docker', 'java'] as const)) {
    const started = await startWay[way](wayOptions)
    if (!('missing' in started)) {
      onProgress({ step: 'ready', detail: started.brokers.join(', ') })
      return stackOf(way, started)
    }
    missing.push(`  ${way}: ${started.missing}`)
    if (started.unexpected === true) onProgress({ step: 'look', detail: started.missing })
    telemetry.logger.debug({ way, reason: started.missing }, 'no servers to be had this way')
  }
  throw new RelayError('REAL_PARTS_MISSING', missingMessage(missing, dataDir), { facts: { looked: missing } })
}

function missingMessage(reasons: readonly string[], dataDir: string | undefined): string {
  return [
    'This needs a real Kafka and a real schema registry, and this machine offers no way to start them:',
    ...reasons,
    'Do one of these:',
    dataDir === undefined
      ? '  - install Docker and start its daemon;'
      : '  - keep no data in a folder of this machine (demo: leave --keep out), and have a Docker daemon that answers;',
    '  - install Java 17 or later (21 or later for the newest schema registry) and Maven, for instance',
    '    apt-get install openjdk-17-jre-headless maven, or brew install openjdk maven;',
    '  - set REGISTRY_RELAY_BROKERS=HOST:PORT and REGISTRY_RELAY_SCHEMA_REGISTRY=URL to servers that run already.',
  ].join('\n')
}

function stackOf(way: Way, started: WayStarted): LocalStack {
  let stopped: Promise<void> | undefined
  const registry = (): NonNullable<WayStarted['schemaRegistry']> => {
    if (started.schemaRegistry !== undefined) return started.schemaRegistry
    throw new RelayError('REAL_PARTS_MISSING', 'This stack was started without a schema registry.')
  }
  return {
    way,
    brokers: started.brokers,
    listenerAddresses(name) {
      const addresses = started.listeners?.get(name)
      if (addresses !== undefined) return addresses
      throw new RelayError('REAL_PARTS_MISSING', `This stack was started without a listener ${name}.`)
    },
    kafka: started.nodes[0],
    nodes: started.nodes,
    async runTool(mainClass, parameters) {
      if (started.runTool !== undefined) return started.runTool(mainClass, parameters)
      throw new RelayError('REAL_PARTS_MISSING', `Kafka's tools are not at hand in a stack by ${way}.`)
    },
    get schemaRegistry() {
      return registry().server
    },
    get schemaRegistryUrl() {
      return registry().url
    },
    stop() {
      stopped ??= started.stop()
      return stopped
    },
  }
}
