import { join } from 'node:path'
import type { Variables } from './environment.ts'
import type { Java } from './java-discovery.ts'
import type { ServerRunner } from './managed-server.ts'
import { probeSchemaRegistry, setBackwardCompatibility } from './schema-registry-probe.ts'
import { WatchedProcess } from './watched-process.ts'

/** One line of Apicurio's releases: they differ in the Java they need and in the names of two things. */
export interface RegistryRelease {
  /** Folder of `stack/` with its pom.xml. */
  readonly part: string
  readonly java: number
  readonly jar: (version: string) => string
  readonly databaseSetting: string
}

/** Newest first. 3.x has classes for Java 21 and dies at once on an older one. */
const releases: readonly RegistryRelease[] = [
  {
    part: 'schema-registry-java21',
    java: 21,
    jar: () => 'quarkus-run.jar',
    databaseSetting: 'apicurio.datasource.url',
  },
  {
    part: 'schema-registry-java17',
    java: 17,
    jar: (version) => `apicurio-registry-app-${version}-runner.jar`,
    databaseSetting: 'quarkus.datasource.jdbc.url',
  },
]

/** The newest release that runs on a Java of this version. */
export function releaseFor(javaVersion: number): RegistryRelease | undefined {
  return releases.find((release) => release.java <= javaVersion)
}

/** What it takes to run one schema registry. */
export interface JavaSchemaRegistryOptions {
  readonly release: RegistryRelease
  readonly version: string
  /** Folder of the unpacked server. */
  readonly installed: string
  readonly java: Java
  readonly port: number
  readonly managementPort: number
  /** Holds the database. */
  readonly folder: string
  /** There is no data yet. */
  readonly fresh: boolean
  /** Removed by the watcher when this process dies. */
  readonly temporaryDir: string | undefined
  readonly variables: Variables
}

/** Base of the paths that Confluent's clients know. */
export const urlOfSchemaRegistry = (port: number): string => `http://127.0.0.1:${port}/apis/ccompat/v7`

/** An Apicurio registry in a Java of its own, reached through its Confluent-compatible paths. */
export function javaSchemaRegistry(options: JavaSchemaRegistryOptions): ServerRunner {
  const url = urlOfSchemaRegistry(options.port)
  let fresh = options.fresh
  return {
    name: 'schema-registry',
    version: options.version,
    launch: (log) =>
      new WatchedProcess({
        command: [join(options.java.home, 'bin', 'java'), ...settings(options), '-jar', jarOf(options)],
        workingDir: options.folder,
        variables: options.variables,
        temporaryDir: options.temporaryDir,
        log,
      }),
    signal: (process, name) => process.signal(name),
    probe: (timeoutMs) => probeSchemaRegistry(url, timeoutMs),
    async prepare() {
      // Once in the life of the data: later the level is the user's own.
      if (fresh) await setBackwardCompatibility(url, 10_000)
      fresh = false
    },
  }
}

function jarOf(options: JavaSchemaRegistryOptions): string {
  return join(options.installed, 'server', options.release.jar(options.version))
}

function settings(options: JavaSchemaRegistryOptions): string[] {
  // In memory by default: a registry that forgets its ids while the topic keeps its records would make every
  // record unreadable after a restart. WRITE_DELAY=0, because the default loses half a second at kill -9.
  const database = `jdbc:h2:file:${join(options.folder, 'registry')};WRITE_DELAY=0`
  return [
    '-Xms64m',
    '-Xmx384m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    '-Dquarkus.http.host=127.0.0.1',
    `-Dquarkus.http.port=${options.port}`,
    // Else a second server listens on all interfaces, at 9000.
    '-Dquarkus.management.host=127.0.0.1',
    `-Dquarkus.management.port=${options.managementPort}`,
    // A line per request would push what matters out of the bounded log.
    '-Dquarkus.http.access-log.enabled=false',
    `-D${options.release.databaseSetting}=${database}`,
  ]
}
