import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { Tracer, TraceSpan } from '../telemetry.ts'
import type { Outcome } from './delivered.ts'
import { traceContextOf } from './delivery-request.ts'
import type { RecordHistory } from './record-history.ts'

export interface ProcessSpansOptions {
  readonly tracer: Tracer
  /** Of the consumers. */
  readonly group: string
  /** What log lines call the endpoint. */
  readonly endpoint: string
}

/**
 * The consumer spans of one bridge: one for each record, from its first attempt to its outcome or until it is given back. The
 * attempts are its children. That can be days, and whoever looks meanwhile sees the attempts only.
 */
export class ProcessSpans {
  readonly #options: ProcessSpansOptions

  constructor(options: ProcessSpansOptions) {
    this.#options = options
  }

  begin(record: ConsumedRecord): TraceSpan {
    const { tracer, group, endpoint } = this.#options
    const { topic, partition, offset, headers } = record
    return tracer.start(`process ${topic}`, {
      kind: 'consumer',
      parent: traceContextOf(headers),
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': 'process',
        'messaging.operation.type': 'process',
        'messaging.destination.name': topic,
        'messaging.destination.partition.id': String(partition),
        'messaging.kafka.offset': Number(offset),
        'messaging.consumer.group.name': group,
        'registry_relay.endpoint': endpoint,
      },
    })
  }
}

/** The record has its outcome, or another member of the group sees to it from now on. */
export function endProcessing(history: RecordHistory, outcome: Outcome | 'given_back'): void {
  const { span, attempts } = history
  if (span === undefined) return
  delete history.span
  span.set({ 'registry_relay.outcome': outcome, 'registry_relay.attempts': attempts })
  span.end(outcome === 'dead_letter' ? outcome : undefined)
}
