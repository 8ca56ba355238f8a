import type { Clock } from '../clock.ts'
import type { Telemetry } from '../telemetry.ts'
import type { StackEnvironment } from './environment.ts'
import { freePorts } from './free-ports.ts'
import type { LocalServer } from './local-server.ts'
import type { ManagedServer } from './managed-server.ts'
import type { OnProgress } from './progress.ts'

/** Where the servers come from: addresses of running ones, containers, or Java programs. */
export type Way = 'given' | 'docker' | 'java'

/** What every way gets to know. */
export interface WayOptions {
  readonly schemaRegistry: boolean
  readonly dataDir: string | undefined
  readonly javaHome: string | undefined
  readonly brokerProperties: Readonly<Record<string, string>>
  readonly jvmOptions: readonly string[]
  readonly environment: StackEnvironment
  readonly clock: Clock
  readonly telemetry: Telemetry
  readonly onProgress: OnProgress
}

/** Servers that answer. */
export interface WayStarted {
  readonly brokers: readonly string[]
  readonly kafka: LocalServer
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
  readonly kafka: ManagedServer
  readonly schemaRegistry: { readonly url: string; readonly server: ManagedServer } | undefined
}

/** How often new ports are asked for when one of the last was taken before its server could bind it. */
const portAttempts = 3

/**
 * Prepares servers on free ports and starts them side by side. When one fails the others are ended too, and its
 * error is thrown: a caller never holds half a stack.
 */
export async function startOnFreePorts(
  count: number,
  onProgress: OnProgress,
  prepare: (ports: readonly number[]) => Promise<PreparedServers>,
): Promise<WayStarted> {
  for (let attempt = 1; ; attempt++) {
    const prepared = await prepare(await freePorts(count))
    const servers = [prepared.kafka, ...(prepared.schemaRegistry ? [prepared.schemaRegistry.server] : [])]
    onProgress({ step: 'start', detail: servers.map((one) => `${one.name} ${one.version}`).join(', ') })
    const dispose = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.dispose()))
    }
    const results = await Promise.allSettled(servers.map((server) => server.start()))
    const failed = results.find((result) => result.status === 'rejected')
    if (failed === undefined) return { ...prepared, stop: dispose }
    await dispose()
    if (!servers.some((server) => server.addressWasInUse) || attempt === portAttempts) throw failed.reason
  }
}
