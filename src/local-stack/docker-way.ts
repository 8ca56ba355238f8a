import { randomBytes } from 'node:crypto'
import { lackingDocker, obtainImage } from './docker-cli.ts'
import { type DockerServerOptions, dockerServer } from './docker-server.ts'
import { quickJvm } from './java-kafka.ts'
import { smallBroker } from './kafka-node.ts'
import { probeKafka } from './kafka-probe.ts'
import { ManagedServer } from './managed-server.ts'
import { probeSchemaRegistry, setBackwardCompatibility } from './schema-registry-probe.ts'
import { onlyByJava, startOnFreePorts, type WayMissing, type WayOptions, type WayStarted } from './way.ts'

/** The images of docker-compose.yml, which is not part of the package; a test keeps the two equal. */
export const images = {
  kafka: 'apache/kafka:4.3.1',
  schemaRegistry: 'apicurio/apicurio-registry:3.3.3',
} as const

/** Way (b): containers of a Docker daemon on this machine. */
export async function startByDocker(options: WayOptions): Promise<WayStarted | WayMissing> {
  // Images run under user ids of their own, which may not write into a folder of the caller.
  if (options.dataDir !== undefined) return { missing: 'containers keep no data in a folder of this machine' }
  const { environment, clock } = options
  const lacking = onlyByJava(options) ?? (await lackingDocker(environment))
  if (lacking !== undefined) return { missing: lacking }
  const needed = options.schemaRegistry ? [images.kafka, images.schemaRegistry] : [images.kafka]
  for (const image of needed) {
    const missing = await obtainImage(image, environment.variables, clock, (done, all) =>
      options.onProgress({ step: 'download', detail: `image ${image}: ${done} of ${all} layers` }),
    )
    if (missing !== undefined) return { missing, unexpected: true }
  }
  return startOnFreePorts(2, options.onProgress, async ([clientPort = 0, registryPort = 0]) => {
    const id = randomBytes(4).toString('hex')
    const kafka = manage(options, kafkaContainer(options, id, clientPort))
    const url = `http://127.0.0.1:${registryPort}/apis/ccompat/v7`
    const registry = options.schemaRegistry
      ? { url, server: manage(options, registryContainer(options, id, registryPort, url)) }
      : undefined
    return { brokers: [`127.0.0.1:${clientPort}`], nodes: [kafka], schemaRegistry: registry }
  })
}

function manage(options: WayOptions, server: DockerServerOptions): ManagedServer {
  return new ManagedServer({
    runner: dockerServer(server),
    clock: options.clock,
    logger: options.telemetry.logger,
  })
}

/** Settings go in as variables: `log.dirs` is KAFKA_LOG_DIRS, `_` is doubled and `-` tripled. */
export function variableOf(property: string): string {
  const name = property.replaceAll('_', '__').replaceAll('-', '___').replaceAll('.', '_')
  return `KAFKA_${name.toUpperCase()}`
}

function kafkaContainer(options: WayOptions, id: string, port: number): DockerServerOptions {
  const properties: Record<string, string> = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    // Never leaves the container, so the usual port will do for every stack.
    'controller.quorum.voters': '1@127.0.0.1:9093',
    // The same number inside and outside: a client is told to come back to the advertised address.
    listeners: `CLIENT://0.0.0.0:${port},CONTROLLER://127.0.0.1:9093`,
    'advertised.listeners': `CLIENT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENT',
    'controller.listener.names': 'CONTROLLER',
    ...smallBroker('1', '1'),
    ...options.brokerProperties,
  }
  const settings = Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [variableOf(name), value]),
  )
  return {
    name: 'kafka',
    image: images.kafka,
    container: `registry-relay-${id}-kafka`,
    ports: { inside: port, outside: port },
    // Comes after the image's own heap options on Java's command line, and the last one wins.
    settings: { ...settings, KAFKA_JVM_PERFORMANCE_OPTS: (options.jvmOptions ?? quickJvm).join(' ') },
    variables: options.environment.variables,
    probe: (timeoutMs) => probeKafka('127.0.0.1', port, timeoutMs),
  }
}

function registryContainer(options: WayOptions, id: string, port: number, url: string): DockerServerOptions {
  let fresh = true
  return {
    name: 'schema-registry',
    image: images.schemaRegistry,
    container: `registry-relay-${id}-schema-registry`,
    ports: { inside: 8080, outside: port },
    settings: {
      QUARKUS_HTTP_PORT: '8080',
      QUARKUS_HTTP_ACCESS_LOG_ENABLED: 'false',
      // In a file of the container, for the same reason as on the machine itself: ids must survive a restart.
      APICURIO_DATASOURCE_URL: 'jdbc:h2:file:/tmp/registry;WRITE_DELAY=0',
    },
    variables: options.environment.variables,
    probe: (timeoutMs) => probeSchemaRegistry(url, timeoutMs),
    async prepare() {
      if (fresh) await setBackwardCompatibility(url, 10_000)
      fresh = false
    },
  }
}
