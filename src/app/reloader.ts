import { type Clock, systemClock } from '../clock.ts'
import type { Config } from '../config/config.ts'
import { isRelayError, toError } from '../errors.ts'
import type { Counter, Gauge, Logger, Telemetry } from '../telemetry.ts'
import type { PlanReload, ReloadPlan } from './reload-plan.ts'

/** A service that can go on with another configuration. */
export interface Reloadable {
  /**
   * Looks at all that can be wrong with `next` and changes nothing. What it returns puts `next` into effect, also where nothing
   * differs; it resolves when what was before is in use no more.
   *
   * @throws RelayError CONFIG_INVALID with a finding in each line
   */
  prepare(next: Config): () => Promise<void>
}

export interface ReloaderOptions {
  /** Reads the configuration. Throws RelayError CONFIG_INVALID with a finding in each line. */
  readonly load: () => Config
  /** The one that the service was started with. */
  readonly config: Config
  readonly plan: PlanReload
  readonly service: Reloadable
  readonly setLogLevel: (level: Config['logging']['level']) => void
  readonly telemetry: Telemetry
  readonly clock?: Clock
}

const outcomes = ['applied', 'unchanged', 'refused', 'partial'] as const

type Outcome = (typeof outcomes)[number]

interface Prepared {
  readonly planned: ReloadPlan
  readonly apply: () => Promise<void>
}

/**
 * Gives a running service another configuration: all of it is checked before any of it is used, and a wrong one changes
 * nothing. Where a part of a right one cannot be put into effect, what came before it is in use and the next reload begins
 * with the same changes. Reloads follow one another; however many are asked for during one, one more comes after it.
 */
export class Reloader {
  readonly #options: ReloaderOptions
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #reloads: Counter
  readonly #successful: Gauge
  readonly #succeededAt: Gauge
  #config: Config
  #running: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined
  #closed = false

  constructor(options: ReloaderOptions) {
    const { logger, metrics } = options.telemetry
    this.#options = options
    this.#config = options.config
    this.#logger = logger.child({ component: 'configuration' })
    this.#clock = options.clock ?? systemClock
    this.#reloads = metrics.counter({
      name: 'registry_relay_config_reloads_total',
      help: 'Times that the configuration was read again while running: applied, unchanged (nothing to apply), refused (wrong, and nothing of it is in use), or partial (right, and some of it could not be put into effect).',
      labels: ['outcome'],
    })
    this.#successful = metrics.gauge({
      name: 'registry_relay_config_last_reload_successful',
      help: '0 when the configuration was wrong the last time it was read, and the one of before is in use, or when it is in use in part only; else 1.',
    })
    this.#succeededAt = metrics.gauge({
      name: 'registry_relay_config_last_reload_success_timestamp_seconds',
      help: 'When the configuration was last read and right, in seconds since the epoch.',
    })
    for (const outcome of outcomes) this.#reloads.add(0, { outcome })
    this.#succeeded()
  }

  /** Resolves when a reload that began after the call is over. Never rejects: what was wrong is logged and counted. */
  reload(): Promise<void> {
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined
      this.#running = this.#closed ? Promise.resolve() : this.#reload()
      return this.#running
    })
    return this.#waiting
  }

  /** No further reload begins; one under way is the service's to end. */
  close(): void {
    this.#closed = true
  }

  async #reload(): Promise<void> {
    const prepared = this.#prepare()
    if (prepared === undefined) return
    const { planned, apply } = prepared
    try {
      await apply()
    } catch (thrown) {
      this.#partial(toError(thrown))
      return
    }
    // What came in the middle of it is the stop: nothing was begun that was not wanted before.
    if (this.#closed) return
    const { changes, restart, config } = planned
    this.#options.setLogLevel(config.logging.level)
    this.#config = config
    this.#done(changes, restart)
  }

  /** All that can be wrong is wrong by now, and nothing has changed. */
  #prepare(): Prepared | undefined {
    const { load, plan, service } = this.#options
    try {
      const planned = plan(this.#config, load())
      return { planned, apply: service.prepare(planned.config) }
    } catch (thrown) {
      this.#refused(toError(thrown))
      return undefined
    }
  }

  #done(changes: readonly string[], restart: readonly string[]): void {
    this.#count(changes.length > 0 ? 'applied' : 'unchanged')
    this.#succeeded()
    if (changes.length > 0) this.#logger.info({ changes }, 'configuration reloaded: what changed is in use')
    else this.#logger.info({}, 'configuration reloaded: nothing to apply')
    if (restart.length === 0) return
    this.#logger.warn(
      { restart },
      'some of what changed in the configuration needs a restart; until then it is as it was',
    )
  }

  #refused(error: Error): void {
    this.#count('refused')
    this.#successful.set(0)
    const words = 'configuration not reloaded, the one of before stays in use'
    if (isRelayError(error, 'CONFIG_INVALID'))
      this.#logger.error({ findings: error.message.split('\n') }, words)
    else this.#logger.error({ err: error }, words)
  }

  /** The configuration of before is kept as what is compared with: whatever was not applied is applied by the next reload. */
  #partial(error: Error): void {
    this.#count('partial')
    this.#successful.set(0)
    this.#logger.error(
      { err: error },
      'configuration applied in part: some of what changed is in use and some is not; reload again',
    )
  }

  #succeeded(): void {
    this.#successful.set(1)
    this.#succeededAt.set(this.#clock.now() / 1_000)
  }

  #count(outcome: Outcome): void {
    this.#reloads.add(1, { outcome })
  }
}
