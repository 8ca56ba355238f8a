import type { Gauge, Logger, Telemetry } from '../telemetry.ts'

type EndpointState = 'closed' | 'open' | 'half_open' | 'gone'

const states: readonly EndpointState[] = ['closed', 'open', 'half_open', 'gone']

/** What is said of an endpoint as a whole. */
export class EndpointObserver {
  readonly #endpoint: string
  readonly #logger: Logger
  readonly #state: Gauge
  #reason: string | undefined
  #refusal: string | undefined

  constructor({ logger, metrics }: Telemetry, endpoint: string) {
    this.#endpoint = endpoint
    this.#logger = logger.child({ component: 'endpoint', endpoint })
    this.#state = metrics.gauge({
      name: 'registry_relay_endpoint_state',
      help: 'Whether attempts are made: closed (all of them), open (none), half_open (one probe), gone (none, after a 410). 1 for the state that it is in',
      labels: ['endpoint', 'state'],
    })
    this.#show('closed')
  }

  /** Why little or nothing is sent; undefined while all is. */
  get trouble(): string | undefined {
    if (this.#reason !== undefined) return `does not work (${this.#reason}); it is only probed`
    return this.#refusal === undefined ? undefined : `refuses us (${this.#refusal}); it is tried slowly`
  }

  /** It takes events again, or never stopped: what it refused before is of no interest any more. */
  succeeded(): void {
    this.#refusal = undefined
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
      'the endpoint answered 410 Gone: it gets nothing more until the next start. Take it out of the configuration, or correct its URL',
    )
    this.#show('gone')
  }

  #show(state: EndpointState): void {
    for (const one of states) this.#state.set(one === state ? 1 : 0, { endpoint: this.#endpoint, state: one })
  }
}
