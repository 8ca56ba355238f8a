import { isRelayError, toError } from '../errors.ts'
import { type SpanAttributes, type Tracer, type TraceSpan, traceContext } from '../telemetry.ts'
import { type DeliveryReceipt, type DeliveryRequest, withTrace } from './deliverer.ts'

/** The client spans of one endpoint: one for each attempt, from its begin to the answer. */
export class DeliverySpans {
  readonly #tracer: Tracer
  readonly #attributes: SpanAttributes

  constructor(tracer: Tracer, { protocol, hostname, port, origin, pathname }: URL) {
    this.#tracer = tracer
    this.#attributes = {
      'http.request.method': 'POST',
      'server.address': hostname.replace(/^\[|\]$/g, ''),
      'server.port': port === '' ? defaultPorts[protocol === 'https:' ? 'https' : 'http'] : Number(port),
      // A path may be all that lets somebody post: many receivers of webhooks are made so.
      'url.full': pathname === '/' ? `${origin}/` : `${origin}/REDACTED`,
    }
  }

  /** @param deliver called in this tick; what it posts belongs to the span */
  async around(
    request: DeliveryRequest,
    deliver: (request: DeliveryRequest) => Promise<DeliveryReceipt>,
  ): Promise<DeliveryReceipt> {
    const span = this.#tracer.start('POST', {
      kind: 'client',
      parent: traceContext(request),
      attributes: {
        ...this.#attributes,
        'registry_relay.attempt': request.attempt,
        ...(request.attempt > 1 ? { 'http.request.resend_count': request.attempt - 1 } : {}),
      },
    })
    try {
      const receipt = await deliver(withTrace(request, span.context))
      span.set({ 'http.response.status_code': receipt.status })
      span.end()
      return receipt
    } catch (thrown) {
      endFailed(span, thrown)
      throw thrown
    }
  }
}

const defaultPorts = { http: 80, https: 443 } as const

/** By the conventions an answer is its own reason. What an endpoint says in words is none: reasons are one of few values. */
function endFailed(span: TraceSpan, thrown: unknown): void {
  if (!isRelayError(thrown)) {
    span.end(toError(thrown).name)
    return
  }
  const { status, reason } = thrown.facts
  span.set({ 'registry_relay.code': thrown.code })
  if (typeof status === 'number') {
    span.set({ 'http.response.status_code': status })
    span.end(String(status))
  } else span.end(typeof reason === 'string' ? reason : thrown.code)
}
