import {
  createTraceState,
  isSpanContextValid,
  type Tracer as OtelTracer,
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import type { SpanAttributes, SpanStart, TraceContext, Tracer, TraceSpan } from '../telemetry.ts'

/** A tracer by an SDK that holds spans back to send many at once. */
export interface SdkTracer extends Tracer {
  /** Resolves when what has ended was sent, or could not be. Never rejects. */
  flush(): Promise<void>
}

const scope = 'registry-relay'

const kinds = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
} as const

/**
 * Spans for the OpenTelemetry SDK that was registered before; undefined where there is none. The relay brings only the API: what
 * is done with spans, and how many are kept, is for whoever registers one.
 */
export function createTracer(version: string): SdkTracer | undefined {
  const provider = trace.getTracerProvider()
  const sdk = sdkOf(provider)
  if (sdk === undefined) return undefined
  const tracer = provider.getTracer(scope, version)
  return {
    start: (name, options) => startSpan(tracer, name, options),
    async flush() {
      // Of the SDK, not of the API: there is none without it, but it may be another one.
      await sdk.forceFlush?.().catch(() => undefined)
    },
  }
}

type Sdk = TracerProvider & { forceFlush?(): Promise<void> }

/**
 * What stands behind the API's own provider. That may be of another copy of the API than ours: the one that the SDK came with.
 */
function sdkOf(provider: TracerProvider): Sdk | undefined {
  if (!('getDelegate' in provider && typeof provider.getDelegate === 'function')) return provider
  if (provider instanceof ProxyTracerProvider && provider.getDelegateTracer(scope) === undefined)
    return undefined
  return provider.getDelegate() as Sdk
}

function startSpan(tracer: OtelTracer, name: string, { kind, parent, attributes }: SpanStart): TraceSpan {
  const remote = parent === undefined ? undefined : spanContextOf(parent)
  const context = remote === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote)
  return new OtelSpan(tracer.startSpan(name, { kind: kinds[kind], attributes: { ...attributes } }, context))
}

class OtelSpan implements TraceSpan {
  readonly context: TraceContext
  readonly #span: Span

  constructor(span: Span) {
    this.#span = span
    this.context = traceContextOf(span.spanContext())
  }

  get recording(): boolean {
    return this.#span.isRecording()
  }

  set(attributes: SpanAttributes): void {
    this.#span.setAttributes({ ...attributes })
  }

  end(failure?: string): void {
    if (failure !== undefined) {
      this.#span.setAttribute('error.type', failure)
      this.#span.setStatus({ code: SpanStatusCode.ERROR })
    }
    this.#span.end()
  }
}

/** Of the one version that there is, and that the relay writes. */
const parentText = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

function spanContextOf({ traceparent, tracestate }: TraceContext): SpanContext | undefined {
  const [, traceId = '', spanId = '', flags = ''] = parentText.exec(traceparent) ?? []
  const context: SpanContext = {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  }
  return isSpanContextValid(context) ? context : undefined
}

function traceContextOf({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceContext {
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  const tracestate = traceState?.serialize() ?? ''
  return tracestate === '' ? { traceparent } : { traceparent, tracestate }
}
