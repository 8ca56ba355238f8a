import type { Clock } from '../clock.ts'
import type { Gauge, Logger, Telemetry } from '../telemetry.ts'

type EndpointState = 'closed' | 'open' | 'half_open' | 'gone'

const states: readonly EndpointState[] = ['closed', 'open', 'half_open', 'gone']

/** One repository that the endpoint cannot stand may fail for so long, between two that it takes, with nothing to be said of it. */
const failingMs = 60_000

/** What is said of an endpoint as a whole. */
export class EndpointObserver {
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #endpoint: string
  readonly #state: Gauge
  /** When the first failure came that no success followed, and what the last of them was. */
  #failing: { readonly since: number; reason: string } | undefined
  #reason: string | undefined
  #refusal: string | undefined
  #retired = false

  constructor({ logger, metrics }: Telemetry, endpoint: string, clock: Clock) {
    this.#clock = clock
    this.#endpoint = endpoint
    this.#logger = logger.child({ component: 'endpoint', endpoint })
    this.#state = metrics.gauge({
      name: 'registry_relay_endpoint_state',
      help: 'Whether attempts are made: closed (all of them), open (none), half_open (one probe), gone (none, after a 410). 1 for the state that it is in',
      labels: ['endpoint', 'state'],
    })
    this.#show('closed')
  }

  /** Why little or nothing is sent, or nothing of it arrives; undefined while all is well. */
  get trouble(): string | undefined {
    if (this.#reason !== undefined) return `does not work (${this.#reason}); it is only probed`
    if (this.#refusal !== undefined) return `refuses us (${this.#refusal}); it is tried slowly`
    if (this.#failing === undefined) return undefined
    const { since, reason } = this.#failing
    const forMs = this.#clock.monotonic() - since
    // The breaker counts repositories: where there are few it stays closed, however long the endpoint has been dead.
    return forMs < failingMs
      ? undefined
      : `fails: nothing but failures for ${Math.floor(forMs / 1_000)} s (${reason})`
  }

  /** It takes events again, or never stopped: what it refused before is of no interest any more. */
  succeeded(): void {
    this.#refusal = undefined
    this.#failing = undefined
  }

  /** An attempt failed, whether or not that is reason enough to send no others. */
  failed(reason: string): void {
    if (this.#failing === undefined) this.#failing = { since: this.#clock.monotonic(), reason }
    else this.#failing.reason = reason
  }

  misconfigured(reason: string): void {
    this.#refusal = reason
  }

  opened(reason: string): void {
    // A probe that fails like the one before is no news.
    if (this.#reason === undefined) {
      this.#logger.warn({ reason }, 'the endpoint does not work; nothing but a probe is sent until it does')
    }
    this.#reason = reason
    this.#show('open')
  }

  probing(): void {
    this.#show('half_open')
  }

  closed(): void {
    this.#reason = undefined
    this.#logger.info({}, 'the endpoint works again')
    this.#show('closed')
  }

  gone(): void {
    this.#logger.error(
      {},
      'the endpoint answered 410 Gone: it gets nothing more until its configuration changes, or the next start. Take it out of the configuration, or correct its URL',
    )
    this.#show('gone')
  }

  /** In no state any more, whatever an attempt that outlives it comes to. */
  retire(): void {
    this.#retired = true
    for (const state of states) this.#state.remove({ endpoint: this.#endpoint, state })
  }

  #show(state: EndpointState): void {
    if (this.#retired) return
    for (const one of states) this.#state.set(one === state ? 1 : 0, { endpoint: this.#endpoint, state: one })
  }
}
