import type { Clock } from '../clock.ts'
import type { Telemetry } from '../telemetry.ts'
import type { StackEnvironment } from './environment.ts'
import { freePorts } from './free-ports.ts'
import { portsAsBefore } from './kept-ports.ts'
import type { LocalServer } from './local-server.ts'
import type { ManagedServer } from './managed-server.ts'
import type { OnProgress } from './progress.ts'

/** Where the servers come from: addresses of running ones, containers, or Java programs. */
export type Way = 'given' | 'docker' | 'java'

/**
 * Called with the ports on which the brokers will listen to clients, before they start; resolves with the ports on
 * 127.0.0.1 that clients are told instead, in the same order. Called again, with other ports, when another process was
 * quicker to take one.
 */
export type Advertise = (
  nodes: readonly { readonly id: number; readonly port: number }[],
) => Promise<readonly number[]>

/** A listener beside the one for plain clients. What belongs to it (JAAS, key stores) comes by broker settings. */
export interface ExtraListener {
  /** Capital letters and digits: settings of the broker name it in small ones, `listener.name.<name>.…`. */
  readonly name: string
  readonly protocol: 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL'
}

/** What every way gets to know. */
export interface WayOptions {
  readonly schemaRegistry: boolean
  readonly brokerCount: number
  readonly advertise: Advertise | undefined
  readonly listeners: readonly ExtraListener[]
  readonly dataDir: string | undefined
  readonly javaHome: string | undefined
  readonly brokerProperties: Readonly<Record<string, string>>
  /** Undefined: what suits the number of brokers. */
  readonly jvmOptions: readonly string[] | undefined
  readonly environment: StackEnvironment
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly onProgress: OnProgress
}

/** Servers that answer. */
export interface WayStarted {
  readonly brokers: readonly string[]
  /** The brokers, in the order of their ids. */
  readonly nodes: readonly [LocalServer, ...LocalServer[]]
  /** Addresses of the extra listeners by name, in the order of the nodes. */
  readonly listeners?: ReadonlyMap<string, readonly string[]>
  /** Runs a command-line tool of Kafka to its end; resolves with what it wrote. */
  readonly runTool?: (mainClass: string, parameters: readonly string[]) => Promise<string>
  readonly schemaRegistry: { readonly url: string; readonly server: LocalServer } | undefined
  /** Ends everything and removes what is temporary. Called once. */
  stop(): Promise<void>
}

/** A way that this machine does not offer, and why, in one line. */
export interface WayMissing {
  readonly missing: string
  /** It was offered and then could not be had, so the person who waits is told. */
  readonly unexpected?: boolean
}

/** Servers that have their ports and were not started yet. */
export interface PreparedServers {
  readonly brokers: readonly string[]
  readonly nodes: readonly [ManagedServer, ...ManagedServer[]]
  readonly listeners?: ReadonlyMap<string, readonly string[]>
  readonly schemaRegistry: { readonly url: string; readonly server: ManagedServer } | undefined
  /** Awaited when every server answers, before all of them together count as started. */
  readonly ready?: () => Promise<void>
}

/** Why only brokers in Javas of our own can be what is asked for; undefined when any broker will do. */
export function onlyByJava(options: WayOptions): string | undefined {
  const { brokerCount, advertise, listeners } = options
  if (brokerCount > 1) return `${brokerCount} brokers are started by Java only`
  if (advertise !== undefined) return 'a broker that names another port is started by Java only'
  if (listeners.length > 0) return 'a broker with further listeners is started by Java only'
  return undefined
}

/** How often new ports are asked for when one of the last was taken before its server could bind it. */
const portAttempts = 3

/**
 * Prepares servers on free ports and starts them side by side. When one fails the others are ended too, and its
 * error is thrown: a caller never holds half a stack.
 *
 * @param keptIn file with the ports of the last run, which are taken again where they are free. Default: none
 */
export async function startOnFreePorts(
  count: number,
  onProgress: OnProgress,
  prepare: (ports: readonly number[]) => Promise<PreparedServers>,
  keptIn?: string,
): Promise<WayStarted> {
  for (let attempt = 1; ; attempt++) {
    const again = attempt === 1 ? keptIn : undefined
    const prepared = await prepare(
      await (again === undefined ? freePorts(count) : portsAsBefore(again, count)),
    )
    const servers = [...prepared.nodes, ...(prepared.schemaRegistry ? [prepared.schemaRegistry.server] : [])]
    onProgress({ step: 'start', detail: servers.map((one) => `${one.name} ${one.version}`).join(', ') })
    const dispose = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.dispose()))
    }
    const results = await Promise.allSettled(servers.map((server) => server.start()))
    let failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined && prepared.ready !== undefined) {
      failed = (await Promise.allSettled([prepared.ready()])).find((result) => result.status === 'rejected')
    }
    if (failed === undefined) return { ...prepared, stop: dispose }
    await dispose()
    if (!servers.some((server) => server.addressWasInUse) || attempt === portAttempts) throw failed.reason
  }
}
