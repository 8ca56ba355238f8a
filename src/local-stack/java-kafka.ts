import { execFile } from 'node:child_process'
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Variables } from './environment.ts'
import { probeMembers } from './kafka-members.ts'
import { brokerProperties, type KafkaNode, newUuid, propertiesFileOf } from './kafka-node.ts'
import type { ServerRunner } from './managed-server.ts'
import { formatProperties } from './properties-file.ts'
import { WatchedProcess } from './watched-process.ts'

const loggingSettings = fileURLToPath(new URL('../../stack/kafka/log4j2.properties', import.meta.url))
const bootstrapName = 'bootstrap.checkpoint'

/**
 * For a short life on a shared machine: the simple collector and only the first compiler start in half the time and
 * take two thirds of the memory. A benchmark wants others.
 */
export const quickJvm: readonly string[] = [
  '-Xms128m',
  '-Xmx512m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
]

/** For each of several brokers on one machine. */
export const clusterJvm: readonly string[] = [...quickJvm, '-Xmx384m']

/** What {@link makeBootstrap} wrote. */
export const bootstrapOf = (installed: string): string => join(installed, bootstrapName)

export const java = (home: string): string => join(home, 'bin', 'java')
// The star is expanded by Java, not by a shell.
export const classPath = (installed: string): string => join(installed, 'jars', '*')

/**
 * Lets Kafka's own tool write the metadata that every new cluster begins with, once per version, into the folder of the
 * jars. It holds no id, no port and no path, so that each data folder can take a copy.
 */
export async function makeBootstrap(installed: string, javaHome: string): Promise<void> {
  const folder = join(installed, '.format')
  const node: KafkaNode = {
    id: 1,
    host: '127.0.0.1',
    clientPort: 9092,
    controllerPort: 9093,
    voters: [{ id: 1, host: '127.0.0.1', controllerPort: 9093 }],
    folder,
    properties: {},
  }
  await mkdir(folder, { recursive: true })
  await writeFile(propertiesFileOf(node), formatProperties(brokerProperties(node)))
  await promisify(execFile)(java(javaHome), [
    ...quickJvm,
    '-cp',
    classPath(installed),
    'kafka.tools.StorageTool',
    'format',
    // With the equals sign: an id may begin with a dash.
    `--cluster-id=${newUuid()}`,
    '--config',
    propertiesFileOf(node),
  ])
  await copyFile(join(folder, 'data', bootstrapName), bootstrapOf(installed))
  await rm(folder, { recursive: true })
}

/** What it takes to run one broker. */
export interface JavaKafkaOptions {
  readonly name: string
  readonly node: KafkaNode
  readonly version: string
  /** Folder of the jars. */
  readonly installed: string
  readonly javaHome: string
  readonly jvmOptions: readonly string[]
  /** Removed by the watcher when this process dies. */
  readonly temporaryDir: string | undefined
  readonly variables: Variables
}

/** A broker in a Java of its own. Its folder must have been prepared. */
export function javaKafka(options: JavaKafkaOptions): ServerRunner {
  const { node } = options
  return {
    name: options.name,
    version: options.version,
    launch: (log) =>
      new WatchedProcess({
        command: [
          java(options.javaHome),
          ...options.jvmOptions,
          `-Dlog4j2.configurationFile=${loggingSettings}`,
          '-cp',
          classPath(options.installed),
          'kafka.Kafka',
          propertiesFileOf(node),
        ],
        workingDir: node.folder,
        variables: options.variables,
        temporaryDir: options.temporaryDir,
        log,
      }),
    signal: (process, name) => process.signal(name),
    probe: (timeoutMs) => probeMembers(node.host, node.clientPort, [node.id], timeoutMs),
  }
}
