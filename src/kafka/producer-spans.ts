import { isRelayError, toError } from '../errors.ts'
import {
  type SpanAttributes,
  type TraceContext,
  type Tracer,
  type TraceSpan,
  traceContext,
} from '../telemetry.ts'
import type { Published } from './outgoing-record.ts'

/** Of a record, what a trace is about. Its headers are those it has in Kafka. */
export interface TracedRecord {
  readonly key: Buffer
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * The producer spans of one topic: one for each record and write, from the write to its outcome. A record that is written again
 * after a failure has another one beside it.
 */
export class ProducerSpans<R extends TracedRecord> {
  readonly #tracer: Tracer
  readonly #name: string
  readonly #attributes: SpanAttributes
  readonly #about: (record: R) => SpanAttributes

  /** @param about what else there is to say of a record; asked only for spans that somebody gets to see */
  constructor(tracer: Tracer, topic: string, about: (record: R) => SpanAttributes) {
    this.#tracer = tracer
    this.#name = `send ${topic}`
    this.#attributes = {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': topic,
    }
    this.#about = about
  }

  /**
   * @param write called in this tick, with the records as they go to Kafka: each says that its span comes before whoever reads it
   */
  async around<P extends Published>(
    records: readonly R[],
    write: (records: readonly R[]) => Promise<readonly P[]>,
  ): Promise<readonly P[]> {
    const spans = records.map((record) => this.#begin(record))
    try {
      const published = await write(records.map((record, i) => withContext(record, spans[i]?.context)))
      for (const [i, place] of published.entries()) endPublished(spans[i], place)
      return published
    } catch (thrown) {
      endFailed(spans, thrown)
      throw thrown
    }
  }

  #begin(record: R): TraceSpan {
    const span = this.#tracer.start(this.#name, {
      kind: 'producer',
      parent: traceContext(record.headers),
      attributes: this.#attributes,
    })
    if (span.recording) {
      span.set({ 'messaging.kafka.message.key': record.key.toString('utf8'), ...this.#about(record) })
    }
    return span
  }
}

function withContext<R extends TracedRecord>(record: R, context: TraceContext | undefined): R {
  const { traceparent: _parent, tracestate: _state, ...headers } = record.headers ?? {}
  return { ...record, headers: { ...headers, ...context } }
}

function endPublished(span: TraceSpan | undefined, { partition, offset }: Published): void {
  const known = Number(offset) >= 0 ? { 'messaging.kafka.offset': Number(offset) } : {}
  span?.set({ 'messaging.destination.partition.id': String(partition), ...known })
  span?.end()
}

/** Where the error says which records of the write are refused, all others are in their topic. */
function endFailed(spans: readonly TraceSpan[], thrown: unknown): void {
  const failure = isRelayError(thrown) ? thrown.code : toError(thrown).name
  const rejected: unknown = isRelayError(thrown) ? thrown.facts['rejected'] : undefined
  const refused = Array.isArray(rejected)
    ? new Set(rejected.map(({ index }: { readonly index: number }) => index))
    : undefined
  for (const [i, span] of spans.entries()) span.end(refused?.has(i) === false ? undefined : failure)
}
