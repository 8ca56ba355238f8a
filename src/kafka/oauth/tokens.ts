import { type Clock, systemClock } from '../../clock.ts'
import type { Token } from './token-answer.ts'
import { type TokenEndpointOptions, tokenEndpoint } from './token-endpoint.ts'

export interface OAuthTokensOptions {
  readonly endpoint: TokenEndpointOptions | (() => Promise<Token>)
  readonly clock?: Clock
}

/**
 * A session with a broker ends with its token, and the client asks for the next one some seconds before: by then there must be
 * a younger one. Of a token that lives shorter than a minute, half of its life.
 */
const marginMs = 30_000

/** With a token that ends sooner no session comes about, and the broker's refusal would hide why there is no other. */
const usefulMs = 5_000

/**
 * Tokens for SASL OAUTHBEARER, kept until shortly before they expire, by one question at a time whoever asks. A question that
 * fails while the old token is still of use is no failure: the old one is given, and the next call asks again.
 *
 * Nothing is asked in the background: a relay that connects to no broker needs no token.
 */
export class OAuthTokens {
  readonly #ask: () => Promise<Token>
  readonly #clock: Clock
  #token: { readonly value: string; readonly freshUntil: number; readonly usefulUntil: number } | undefined
  #asking: Promise<string> | undefined

  /** @throws RelayError CONFIG_INVALID for a token URL that is none */
  constructor({ endpoint, clock = systemClock }: OAuthTokensOptions) {
    this.#ask = typeof endpoint === 'function' ? endpoint : tokenEndpoint(endpoint)
    this.#clock = clock
  }

  /** Rejects with KAFKA_CONFIGURATION or KAFKA_UNAVAILABLE, which say what is wrong; never with the secret in it. */
  readonly token = async (): Promise<string> => {
    const kept = this.#token
    if (kept !== undefined && this.#clock.monotonic() < kept.freshUntil) return kept.value
    this.#asking ??= this.#renew().finally(() => {
      this.#asking = undefined
    })
    return this.#asking
  }

  /** The broker did not take this token, whatever its age: the next call asks for another. */
  readonly refused = (token: string): void => {
    if (this.#token?.value === token) this.#token = undefined
  }

  async #renew(): Promise<string> {
    try {
      // Counted from before the question: the token is no younger than that.
      const askedAt = this.#clock.monotonic()
      const { value, lifetimeMs } = await this.#ask()
      const freshMs = lifetimeMs - Math.min(marginMs, lifetimeMs / 2)
      this.#token = { value, freshUntil: askedAt + freshMs, usefulUntil: askedAt + lifetimeMs - usefulMs }
      return value
    } catch (error) {
      const kept = this.#token
      if (kept !== undefined && this.#clock.monotonic() < kept.usefulUntil) return kept.value
      throw error
    }
  }
}
