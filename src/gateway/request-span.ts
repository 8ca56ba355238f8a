import type { SpanAttributes, TraceContext, Tracer, TraceSpan } from '../telemetry.ts'
import type { RequestHead } from './admission.ts'

export interface RequestSpansOptions {
  readonly tracer: Tracer
  /** That notifications are posted to. */
  readonly path: string
  readonly secure: boolean
}

/** The server spans of the gateway: one for each notification that its sender may post. */
export class RequestSpans {
  readonly #tracer: Tracer
  readonly #name: string
  readonly #attributes: SpanAttributes

  constructor({ tracer, path, secure }: RequestSpansOptions) {
    this.#tracer = tracer
    this.#name = `POST ${path}`
    this.#attributes = {
      'http.request.method': 'POST',
      'http.route': path,
      // Without the query, which says nothing to the gateway and may be a secret of whoever sent it.
      'url.path': path,
      'url.scheme': secure ? 'https' : 'http',
    }
  }

  /**
   * @param sender address of the peer
   * @param parent what the request says of the trace it belongs to
   */
  begin(
    { headers }: Pick<RequestHead, 'headers'>,
    sender: string | undefined,
    parent: TraceContext | undefined,
  ): TraceSpan {
    const { 'user-agent': agent } = headers
    return this.#tracer.start(this.#name, {
      kind: 'server',
      parent,
      attributes: {
        ...this.#attributes,
        ...(sender === undefined ? {} : { 'client.address': sender }),
        ...(typeof agent === 'string' ? { 'user_agent.original': agent.slice(0, maxAgent) } : {}),
      },
    })
  }
}

/** What is longer says nothing more. */
const maxAgent = 256

/**
 * Ends the span of a request with its answer; `status` undefined: there was nobody to answer. By the conventions a refusal is
 * no failure of the server.
 */
export function endRequest(span: TraceSpan, status: number | undefined, code: string | undefined): void {
  if (status !== undefined) span.set({ 'http.response.status_code': status })
  if (code !== undefined) span.set({ 'registry_relay.code': code })
  span.end(status === undefined || status >= 500 ? code : undefined)
}
