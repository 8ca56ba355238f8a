import type { Clock } from '../clock.ts'
import { isRelayError } from '../errors.ts'
import { type Present, presentOf } from '../present.ts'
import { packageVersion } from '../version.ts'
import type { DeliveryRequest } from './deliverer.ts'
import {
  contentTypeHeader,
  type HeaderValues,
  staticHeaders,
  textHeader,
  webhookIdHeader,
} from './request-headers.ts'
import { SetupFault } from './setup-fault.ts'
import { type Signer, signer } from './signing.ts'

export interface DeliveryHeadersOptions {
  readonly headers: Present<HeaderValues>
  /** None: nothing is signed. */
  readonly signingSecrets: Present<readonly string[]>
  readonly clock: Clock
}

/** The header lines of every attempt. What does not change from one to the next is checked and made once. */
export class DeliveryHeaders {
  readonly #options: DeliveryHeadersOptions
  #values: HeaderValues
  #lines: readonly string[]
  #secrets: readonly string[]
  #sign: Signer | undefined

  /** @throws CONFIG_INVALID: a header or a secret cannot be used */
  constructor(options: DeliveryHeadersOptions) {
    this.#options = options
    this.#values = presentOf(options.headers)
    this.#lines = withUserAgent(staticHeaders(this.#values))
    this.#secrets = presentOf(options.signingSecrets)
    this.#sign = signerOf(this.#secrets)
  }

  /**
   * @param body the bytes that are sent
   * @returns name and value alternating
   * @throws SetupFault: headers or secrets have changed, and cannot be used as they are now
   */
  of(request: DeliveryRequest, body: Uint8Array): readonly string[] {
    this.#follow()
    const seconds = Math.floor(this.#options.clock.now() / 1_000)
    const record = textHeader(request.record)
    const id = webhookIdHeader(request.eventId) ?? record
    const lines = [
      'content-type',
      contentTypeHeader(request.mediaType),
      ...this.#lines,
      'webhook-timestamp',
      String(seconds),
      'registry-relay-attempt',
      String(request.attempt),
    ]
    if (record !== undefined) lines.push('registry-relay-record', record)
    if (id !== undefined) {
      lines.push('webhook-id', id)
      if (this.#sign !== undefined) lines.push('webhook-signature', this.#sign(id, seconds, body))
    }
    const parent = textHeader(request.traceparent)
    if (parent === undefined) return lines
    lines.push('traceparent', parent)
    const state = textHeader(request.tracestate)
    if (state !== undefined) lines.push('tracestate', state)
    return lines
  }

  #follow(): void {
    const values = presentOf(this.#options.headers)
    const secrets = presentOf(this.#options.signingSecrets)
    if (values === this.#values && secrets === this.#secrets) return
    try {
      this.#lines = withUserAgent(staticHeaders(values))
      this.#values = values
      this.#sign = signerOf(secrets)
      this.#secrets = secrets
    } catch (error) {
      if (isRelayError(error)) throw new SetupFault('configuration', error.message)
      throw error
    }
  }
}

function signerOf(secrets: readonly string[]): Signer | undefined {
  return secrets.length === 0 ? undefined : signer(secrets)
}

function withUserAgent(lines: readonly string[]): readonly string[] {
  const named = lines.some((name, at) => at % 2 === 0 && name.toLowerCase() === 'user-agent')
  return named ? lines : ['user-agent', `registry-relay/${packageVersion()}`, ...lines]
}
