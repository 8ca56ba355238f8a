import type { SpanAttributes, SpanStart, TraceContext, Tracer, TraceSpan } from '../../src/telemetry.ts'

/** A span as it was begun, set and ended. */
export interface RecordedSpan extends SpanStart {
  readonly name: string
  readonly context: TraceContext
  readonly attributes: SpanAttributes
  readonly ended: boolean
  readonly failure: string | undefined
}

class RecordingSpan implements TraceSpan, RecordedSpan {
  readonly name: string
  readonly kind: SpanStart['kind']
  readonly parent: TraceContext | undefined
  readonly context: TraceContext
  readonly recording: boolean
  attributes: SpanAttributes
  ended = false
  failure: string | undefined

  constructor(
    name: string,
    { kind, parent, attributes }: SpanStart,
    context: TraceContext,
    recording: boolean,
  ) {
    this.name = name
    this.kind = kind
    this.parent = parent
    this.attributes = attributes
    this.context = context
    this.recording = recording
  }

  set(attributes: SpanAttributes): void {
    if (this.ended) throw new Error(`${this.name} has ended`)
    this.attributes = { ...this.attributes, ...attributes }
  }

  end(failure?: string): void {
    if (this.ended) throw new Error(`${this.name} has ended before`)
    this.ended = true
    this.failure = failure
  }
}

/** Keeps every span. Their ids count from 1; a span without a parent begins trace 0…0f. */
export class RecordingTracer implements Tracer {
  readonly spans: RecordedSpan[] = []
  /** Of spans that begin from now on. */
  recording = true

  start(name: string, options: SpanStart): TraceSpan {
    const trace = options.parent?.traceparent.slice(3, 35) ?? 'f'.padStart(32, '0')
    const id = String(this.spans.length + 1).padStart(16, '0')
    const state = options.parent?.tracestate === undefined ? {} : { tracestate: options.parent.tracestate }
    const context = { traceparent: `00-${trace}-${id}-01`, ...state }
    const span = new RecordingSpan(name, options, context, this.recording)
    this.spans.push(span)
    return span
  }
}
