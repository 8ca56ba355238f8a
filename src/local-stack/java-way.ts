import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { variablesForServer } from './environment.ts'
import type { Part } from './jar-cache.ts'
import { portsOfBrokers, prepareBrokers } from './java-brokers.ts'
import { chooseJava, findJavas, type Java, javaAt } from './java-discovery.ts'
import { install, lackingMaven, partsFor } from './java-install.ts'
import {
  javaSchemaRegistry,
  type RegistryRelease,
  releaseFor,
  urlOfSchemaRegistry,
} from './java-schema-registry.ts'
import { runKafkaTool } from './kafka-tool.ts'
import { ManagedServer } from './managed-server.ts'
import {
  type PreparedServers,
  startOnFreePorts,
  type WayMissing,
  type WayOptions,
  type WayStarted,
} from './way.ts'

interface Choice {
  readonly java: Java
  readonly release: RegistryRelease
}

/** What runs, and from where. */
interface Plan extends Choice {
  readonly kafka: Installed
  readonly registry: Installed | undefined
  /** Folder of the data. */
  readonly root: string
  /** The same, when it is to be removed at the end. */
  readonly temporaryDir: string | undefined
}

interface Installed {
  readonly part: Part
  readonly installed: string
}

/** Way (c): the server jars by Maven into the cache, run by a Java of this machine. */
export async function startByJava(options: WayOptions): Promise<WayStarted | WayMissing> {
  const choice = await choose(options)
  if ('missing' in choice) return choice
  const parts = await partsFor(options.schemaRegistry ? ['kafka', choice.release.part] : ['kafka'])
  const lacking = await lackingMaven(options.environment, parts)
  if (lacking !== undefined) return { missing: lacking }
  const installed: Installed[] = []
  // One after the other: the progress of two downloads in one line says nothing, and the network is one.
  for (const part of parts) installed.push({ part, installed: await install(options, part, choice.java) })
  const [kafka, registry] = installed
  if (kafka === undefined) throw new Error('no part of Kafka')
  return options.dataDir === undefined
    ? startInTemporaryFolder(options, { ...choice, kafka, registry })
    : startServers(options, { ...choice, kafka, registry, root: options.dataDir, temporaryDir: undefined })
}

async function choose(options: WayOptions): Promise<Choice | WayMissing> {
  const { javaHome, environment } = options
  // A Java that the caller forces is the only candidate: falling back to another one would hide what is wrong with it.
  const javas = javaHome === undefined ? await findJavas(environment) : await only(javaHome)
  const java = chooseJava(javas, 21) ?? chooseJava(javas, 17)
  const release = java === undefined ? undefined : releaseFor(java.version)
  if (java !== undefined && release !== undefined) return { java, release }
  const found = javas.map((one) => `Java ${one.version} in ${one.home}`).join(', ')
  const where = javaHome ?? 'JAVA_HOME, on the PATH and in the usual folders'
  return { missing: `no Java 17 or later (looked at ${where}; found ${found || 'none'})` }
}

async function only(javaHome: string): Promise<readonly Java[]> {
  const java = await javaAt(javaHome)
  return java === undefined ? [] : [java]
}

async function startInTemporaryFolder(
  options: WayOptions,
  plan: Omit<Plan, 'root' | 'temporaryDir'>,
): Promise<WayStarted> {
  const root = await mkdtemp(join(options.environment.temporaryDir, 'registry-relay-'))
  const remove = (): Promise<void> => rm(root, { recursive: true, force: true, maxRetries: 3 })
  try {
    const started = await startServers(options, { ...plan, root, temporaryDir: root })
    return {
      ...started,
      async stop() {
        await started.stop()
        await remove()
      },
    }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Ports for the brokers and two for the registry (API, management). */
async function startServers(options: WayOptions, plan: Plan): Promise<WayStarted> {
  const { part, installed } = plan.kafka
  const javaHome = plan.java.home
  const brokerPlan = { ...plan, version: part.version, installed, javaHome }
  const started = await startOnFreePorts(
    2 + portsOfBrokers(options),
    options.onProgress,
    async ([port = 0, managementPort = 0, ...others]) => ({
      ...(await prepareBrokers(options, brokerPlan, others)),
      schemaRegistry: await makeRegistry(options, plan, { port, managementPort }),
    }),
    join(plan.root, 'ports.json'),
  )
  const variables = variablesForServer(options.environment.variables)
  const tools = { installed, javaHome, variables, clock: options.clock }
  return { ...started, runTool: (mainClass, parameters) => runKafkaTool(tools, mainClass, parameters) }
}

async function makeRegistry(
  options: WayOptions,
  plan: Plan,
  ports: { readonly port: number; readonly managementPort: number },
): Promise<PreparedServers['schemaRegistry']> {
  if (plan.registry === undefined) return undefined
  const { part, installed } = plan.registry
  // By version: the two releases write databases that the other one cannot read.
  const folder = join(plan.root, `schema-registry-${part.version}`)
  await mkdir(folder, { recursive: true })
  const fresh = (await readdir(folder)).length === 0
  const { release, java, temporaryDir } = plan
  const variables = variablesForServer(options.environment.variables)
  const runner = javaSchemaRegistry({
    ...{ ...ports, release, java, temporaryDir, variables },
    ...{ version: part.version, installed, folder, fresh },
  })
  const server = new ManagedServer({ runner, clock: options.clock, logger: options.telemetry.logger })
  return { url: urlOfSchemaRegistry(ports.port), server }
}
