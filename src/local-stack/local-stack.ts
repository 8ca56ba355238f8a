import { type Clock, systemClock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import { startByDocker } from './docker-way.ts'
import { readEnvironment, type Variables } from './environment.ts'
import { useGiven } from './given-way.ts'
import { quickJvm } from './java-kafka.ts'
import { startByJava } from './java-way.ts'
import type { LocalServer } from './local-server.ts'
import type { OnProgress } from './progress.ts'
import type { Way, WayMissing, WayOptions, WayStarted } from './way.ts'

export interface LocalStackOptions {
  /** Start a schema registry too. Default true. */
  readonly schemaRegistry?: boolean
  /**
   * Folder for the data, kept at the end: the next start with the same folder finds topics, records and schemas again
   * (on other ports). Default: a temporary folder, removed at the end, also when this process is killed.
   */
  readonly dataDir?: string
  /** What may be tried, in this order. Default: given, docker, java. */
  readonly ways?: readonly Way[]
  /** The Java to use, whatever else is there. */
  readonly javaHome?: string
  /** Settings of the broker, over ours: `{ 'message.max.bytes': '2000000' }`. */
  readonly brokerProperties?: Readonly<Record<string, string>>
  /** Options of the broker's Java. Default: quick to start and small; a benchmark wants `['-Xmx1g']`. */
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
  /** `127.0.0.1:PORT`. */
  readonly brokers: readonly string[]
  /** Base of the Confluent-compatible API. Throws when the stack was started without a schema registry. */
  readonly schemaRegistryUrl: string
  readonly kafka: LocalServer
  /** Throws when the stack was started without one. */
  readonly schemaRegistry: LocalServer
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
 * that does not start; the message ends with its last lines). Nothing is left running then.
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  const read = readEnvironment(options.environment)
  const onProgress = options.onProgress ?? (() => {})
  const telemetry = options.telemetry ?? noTelemetry
  const wayOptions: WayOptions = {
    schemaRegistry: options.schemaRegistry ?? true,
    dataDir: options.dataDir,
    javaHome: options.javaHome,
    brokerProperties: options.brokerProperties ?? {},
    jvmOptions: options.jvmOptions ?? quickJvm,
    environment: { ...read, cacheDir: options.cacheDir ?? read.cacheDir },
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
  throw new RelayError('REAL_PARTS_MISSING', missingMessage(missing), { facts: { looked: missing } })
}

function missingMessage(reasons: readonly string[]): string {
  return [
    'This needs a real Kafka and a real schema registry, and this machine offers no way to start them:',
    ...reasons,
    'Do one of these:',
    '  - install Docker and start its daemon;',
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
    kafka: started.kafka,
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
