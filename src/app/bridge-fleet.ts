import type { Config } from '../config/config.ts'
import type { EndpointConfig } from '../config/endpoint-config.ts'
import { RelayError, toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'
import { type EndpointChanges, endpointChanges } from './endpoint-changes.ts'
import type { Parts } from './parts.ts'
import type { Reloadable } from './reloader.ts'
import type { RunningEndpoint } from './running-endpoint.ts'

export interface BridgeFleetOptions {
  /** Begins to deliver. Throws RelayError CONFIG_INVALID. */
  readonly run: (settings: EndpointConfig) => RunningEndpoint
  /** Throws as `run` would, and begins nothing. */
  readonly check: (settings: EndpointConfig) => void
  /** Called whenever an endpoint has come or gone, with the parts of all. */
  readonly onParts: (parts: Parts) => void
  readonly logger: Logger
}

/**
 * What an endpoint that is taken out, or changes, gets to end what is under way: as much as at a stop, so that a stop that
 * comes meanwhile is not kept waiting by it. Milliseconds.
 */
const handOverMs = 20_000

/**
 * The endpoints that a bridge delivers to. Those that do not change when the configuration does are not touched.
 *
 * One that changes is closed first, and begins anew as a member of the same group when that is done: two at a time would
 * deliver a repository's events in no order. What had no outcome by then is delivered by the new one, as after a restart.
 */
export class BridgeFleet implements Reloadable {
  readonly #options: BridgeFleetOptions
  readonly #running = new Map<string, RunningEndpoint>()
  /** Taken out of the configuration, and not gone yet. */
  readonly #leaving = new Set<RunningEndpoint>()
  #closing = false

  constructor(options: BridgeFleetOptions) {
    this.#options = options
  }

  get parts(): Parts {
    return Object.assign({}, ...[...this.#running.values()].map(({ parts }) => parts))
  }

  /** Resolves when all groups have been joined. Throws as `run` does; what has begun by then is {@link close}'s to end. */
  begin(endpoints: readonly EndpointConfig[]): Promise<void> {
    return Promise.all(endpoints.map((settings) => this.#begin(settings).joined)).then(() => undefined)
  }

  prepare({ bridge: { endpoints } }: Config): () => Promise<void> {
    const running = [...this.#running.values()].map(({ config }) => config)
    const changes = endpointChanges(running, endpoints)
    const findings = [...changes.added, ...changes.changed].flatMap((settings) => this.#findings(settings))
    if (findings.length > 0) throw new RelayError('CONFIG_INVALID', findings.join('\n'))
    return () => this.#become(changes)
  }

  /**
   * Ends all, at once: one whose endpoint or broker does not answer must not take the time in which the others end what is
   * under way. Rejects with KAFKA_UNAVAILABLE when a group did not hear of it.
   */
  async close(deadlineMs: number): Promise<void> {
    this.#closing = true
    const all = [...this.#running.values(), ...this.#leaving]
    const unheard = (await Promise.all(all.map((one) => one.close(deadlineMs)))).flat()
    if (unheard.length > 0) throw new RelayError('KAFKA_UNAVAILABLE', notLeft(unheard))
  }

  async #become({ added, changed, removed }: EndpointChanges): Promise<void> {
    const outcomes = await Promise.allSettled([
      ...added.map((settings) => this.#add(settings)),
      ...changed.map((settings) => this.#change(settings)),
      ...removed.map((name) => this.#remove(name)),
    ])
    const failed = outcomes.find((outcome) => outcome.status === 'rejected')
    if (failed !== undefined) throw toError(failed.reason)
  }

  async #add(settings: EndpointConfig): Promise<void> {
    if (!this.#closing) this.#begin(settings)
  }

  async #change(settings: EndpointConfig): Promise<void> {
    await this.#end(this.#running.get(settings.name))
    if (this.#closing) return
    // Before the next one begins, which may fail: the one that is closed is nobody to be found running.
    this.#running.delete(settings.name)
    this.#begin(settings)
  }

  async #remove(name: string): Promise<void> {
    const leaving = this.#running.get(name)
    if (leaving === undefined) return
    this.#running.delete(name)
    this.#leaving.add(leaving)
    this.#options.onParts(this.parts)
    await this.#end(leaving)
    this.#leaving.delete(leaving)
  }

  async #end(endpoint: RunningEndpoint | undefined): Promise<void> {
    const unheard = (await endpoint?.close(handOverMs)) ?? []
    // At a stop it is told by that.
    if (unheard.length > 0 && !this.#closing) this.#options.logger.warn({ groups: unheard }, notLeft(unheard))
  }

  #begin(settings: EndpointConfig): RunningEndpoint {
    const running = this.#options.run(settings)
    this.#running.set(settings.name, running)
    this.#options.onParts(this.parts)
    return running
  }

  #findings(settings: EndpointConfig): readonly string[] {
    try {
      this.#options.check(settings)
      return []
    } catch (thrown) {
      return [toError(thrown).message]
    }
  }
}

function notLeft(groups: readonly string[]): string {
  return `Kafka did not answer that ${groups.join(', ')} was left: what was delivered last may not be committed, and comes again`
}
