import type { TraceContext } from '../telemetry.ts'

/** What is to be posted: one Envelope. */
export interface DeliveryRequest {
  /** Sent as UTF-8, byte for byte. */
  readonly body: string
  /** `Content-Type` of the request the Envelope came in with. */
  readonly mediaType: string
  /** Becomes `webhook-id`, by which the receiver can recognise a repeat. */
  readonly eventId?: string | undefined
  /** Which attempt it is, from 1. */
  readonly attempt: number
  /** Where the record lies: `topic-partition@offset`. Also the `webhook-id` where the event has none that a header can hold. */
  readonly record: string
  /** W3C trace context that the request belongs to: of the record, as it came. What is posted says so, or says a child of it. */
  readonly traceparent?: string | undefined
  readonly tracestate?: string | undefined
}

/** As a part of that trace, with nothing left of where it belonged before. */
export function withTrace(request: DeliveryRequest, context: TraceContext): DeliveryRequest {
  return { ...request, tracestate: undefined, ...context }
}

export interface DeliveryReceipt {
  /** 200 to 299. */
  readonly status: number
}

/**
 * Posts Envelopes to one endpoint.
 *
 * **A resolved `deliver`** means that the endpoint answered 2xx: the status line and all headers came. What
 * happens to the rest of its answer changes nothing.
 *
 * **A rejected `deliver`** means that the endpoint is not known to have taken it. It may have, for instance when the
 * connection broke after the request was sent: a repeat can make a duplicate, never a gap. One call is one attempt; repeating
 * is the caller's, by the code of the error:
 *
 * - `DELIVERY_FAILED`: it may pass, try again.
 * - `ENDPOINT_MISCONFIGURED`: the set-up is wrong and not the event (credentials, URL, an address that is not allowed): try
 *   again slowly, and say so loudly.
 * - `DELIVERY_REFUSED`: the endpoint will never take this event.
 * - `ENDPOINT_GONE`: the endpoint wants no more events at all.
 *
 * All of them carry `facts.reason` (few values, fit for a metric label), `facts.status` where there was an answer, and
 * `facts.retryAfterMs` where the endpoint asked for a pause.
 *
 * **Aborted**: rejects with the signal's reason. The request may have arrived all the same.
 *
 * **Close** is idempotent, refuses new requests with `SINK_CLOSED`, and waits for those under way until the
 * deadline; then they are broken off and reject with `SINK_CLOSED` too.
 */
export interface Deliverer {
  deliver(request: DeliveryRequest, signal?: AbortSignal): Promise<DeliveryReceipt>
  close(options?: { readonly deadlineMs?: number }): Promise<void>
}
