import { RelayError } from '../../../src/errors.ts'
import type { Deliverer, DeliveryReceipt, DeliveryRequest } from '../../../src/http/deliverer.ts'
import type { ConsumedRecord, RecordBatch } from '../../../src/kafka/consumer-port.ts'
import type { DeadLetterPlace, DeadLetterReason, DeadLetters } from '../../../src/kafka/dead-letter-port.ts'
import type { Facts, Labels, Logger, Telemetry } from '../../../src/telemetry.ts'
import type { DecodedEvent, RecordDecoder } from '../../../src/topic-bridge/delivered.ts'
import type { Pass } from '../../../src/topic-bridge/endpoint-gate.ts'

export function record(
  offset: bigint,
  key: string | null,
  value: string | null = `${key}#${offset}`,
  headers: Readonly<Record<string, string>> = {},
  partition = 0,
): ConsumedRecord {
  return {
    topic: 'events',
    partition,
    offset,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: new Map(Object.entries(headers).map(([name, text]) => [name, [Buffer.from(text)]])),
    timestamp: 1_700_000_000_000,
  }
}

export function batchOf(records: readonly ConsumedRecord[], next?: bigint): RecordBatch {
  const end = next ?? (records.at(-1)?.offset ?? -1n) + 1n
  return { topic: 'events', partition: records[0]?.partition ?? 0, records, next: end, highWatermark: end }
}

/** The value is the body; "bad" can never be read, "later" not yet. */
export function decode(value: Buffer): DecodedEvent {
  const body = value.toString()
  if (body === 'bad') throw new RelayError('RECORD_UNDECODABLE', 'magic byte is 98')
  if (body === 'later') throw new RelayError('SCHEMA_UNKNOWN', 'no schema 7')
  return { event: { id: `id-${body}` }, body, mediaType: 'application/x-test', schemaId: 7 }
}

/** A decoder that knows no schema yet: of each value it has to ask for it as often as said. */
export function learning(times = 1): RecordDecoder {
  const asked = new Map<string, number>()
  return {
    decode: (value) => {
      const before = asked.get(String(value)) ?? 0
      asked.set(String(value), before + 1)
      return before < times ? Promise.resolve().then(() => decode(value)) : decode(value)
    },
  }
}

export type Answer = 'ok' | 'fail' | 'hold' | RelayError

/** Answers as scripted; what it holds ends when it is aborted, or let go. */
export class ScriptedDeliverer implements Deliverer {
  readonly requests: DeliveryRequest[] = []
  readonly delivered: string[] = []
  closed = 0
  answer: (request: DeliveryRequest) => Answer = () => 'ok'
  onDelivered: (request: DeliveryRequest) => void = () => {}
  readonly #held = new Map<string, () => void>()

  async deliver(request: DeliveryRequest, signal?: AbortSignal): Promise<DeliveryReceipt> {
    this.requests.push(request)
    const answer = this.answer(request)
    if (answer === 'hold') {
      await new Promise<void>((resolve, reject) => {
        this.#held.set(request.body, resolve)
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
      })
    } else if (answer === 'fail') {
      throw new RelayError('DELIVERY_FAILED', 'answered 503', {
        facts: { status: 503, reason: 'status 503' },
      })
    } else if (answer !== 'ok') {
      throw answer
    }
    this.delivered.push(request.body)
    this.onDelivered(request)
    return { status: 204 }
  }

  letGo(body: string): void {
    this.#held.get(body)?.()
  }

  letGoAll(): void {
    for (const goOn of this.#held.values()) goOn()
  }

  async close(): Promise<void> {
    this.closed++
  }
}

export class RecordingDeadLetters implements DeadLetters {
  readonly written: { readonly record: ConsumedRecord; readonly reason: DeadLetterReason }[] = []
  failures = 0
  closed = 0
  onWritten: (record: ConsumedRecord) => void = () => {}

  async write(record: ConsumedRecord, reason: DeadLetterReason): Promise<DeadLetterPlace | undefined> {
    if (this.failures-- > 0) throw new RelayError('KAFKA_UNAVAILABLE', 'no broker')
    this.written.push({ record, reason })
    this.onWritten(record)
    return { topic: 'dlq', partition: 1, offset: BigInt(this.written.length - 1) }
  }

  async close(): Promise<void> {
    this.closed++
  }
}

/** Keeps the verdicts that an attempt spoke. */
export class RecordingPass implements Pass {
  readonly verdicts: unknown[] = []

  succeeded(): void {
    this.verdicts.push('succeeded')
  }

  failed(...verdict: readonly [string, string, number?]): void {
    this.verdicts.push(['failed', ...verdict])
  }

  misconfigured(...verdict: readonly [string, string]): void {
    this.verdicts.push(['misconfigured', ...verdict])
  }

  gone(): void {
    this.verdicts.push('gone')
  }

  end(): void {
    this.verdicts.push('end')
  }
}

/** Keeps what is logged and measured. */
export class RecordingTelemetry implements Telemetry {
  readonly lines: { readonly level: string; readonly facts: Facts; readonly message: string }[] = []
  readonly values = new Map<string, number>()
  readonly logger: Logger
  readonly metrics: Telemetry['metrics']

  constructor() {
    const at = (level: string) => (facts: Facts, message: string) => {
      this.lines.push({ level, facts, message })
    }
    this.logger = {
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      child: () => this.logger,
    }
    const key = (name: string, labels: Labels = {}): string =>
      `${name} ${Object.values(labels).join(' ')}`.trim()
    const setter = (name: string) => (value: number, labels?: Labels) => {
      this.values.set(key(name, labels), value)
    }
    this.metrics = {
      counter: ({ name }) => ({
        add: (n = 1, labels) =>
          this.values.set(key(name, labels), (this.values.get(key(name, labels)) ?? 0) + n),
      }),
      gauge: ({ name }) => ({
        set: setter(name),
        remove: (labels) => this.values.delete(key(name, labels)),
      }),
      histogram: ({ name }) => ({ observe: setter(name) }),
    }
  }
}
