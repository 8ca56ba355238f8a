import { envelopeOf } from '../avro/envelope-of.ts'
import { decodeStoredEvent } from '../avro/event-codec.ts'
import { registryEventSchema } from '../avro/event-schema.ts'
import type { EventRecord } from '../avro/record.ts'
import { fingerprintHeader } from '../avro/wire-format.ts'
import { type Clock, systemClock } from '../clock.ts'
import { isRelayError, type RelayError } from '../errors.ts'
import { type CloseOptions, type Sink, SinkClosedError, type WriteOptions } from '../sink/sink.ts'
import { type Counter, CounterBy, noTelemetry, type Telemetry, traceContext } from '../telemetry.ts'
import type { GatewayItem, QuarantineRecord } from './gateway-item.ts'
import type { Oversize } from './oversize.ts'
import { type Quarantine, rejectedHeader } from './quarantine.ts'
import { RejectionLog } from './rejection-log.ts'

export interface KafkaRouteOptions {
  readonly events: Sink<EventRecord>
  /** The topic of what was rejected. */
  readonly rejected: Sink<QuarantineRecord>
  readonly quarantine: Quarantine
  readonly oversize: Oversize
  readonly clock?: Clock
  readonly telemetry?: Telemetry
}

/**
 * Items to their topics. An event that Kafka refuses for good is kept as rejected, with the Envelope it came in: nothing that
 * a sender posts can stop what comes behind it. A write rejects when an item is in neither topic, after all items of it
 * have their outcome, so that it can be repeated in order.
 */
export class KafkaRoute implements Sink<GatewayItem> {
  readonly #options: KafkaRouteOptions
  readonly #diverted: CounterBy
  readonly #storedBeside: Counter
  readonly #log: RejectionLog
  #closed: Promise<void> | undefined

  constructor(options: KafkaRouteOptions) {
    const { telemetry = noTelemetry, clock = systemClock } = options
    this.#options = options
    const { metrics } = telemetry
    const diverted = metrics.counter({
      name: 'registry_relay_gateway_diverted_events_total',
      help: 'Events that their topic will never take and that are kept in the topic of what was rejected, by reason.',
      labels: ['reason'],
    })
    this.#diverted = new CounterBy(diverted, 'reason', [
      'too_large',
      'record_rejected',
      'schema_not_registered',
    ])
    this.#storedBeside = metrics.counter({
      name: 'registry_relay_gateway_events_stored_beside_failure_total',
      help: 'Events and rejected bodies that Kafka has although the write they were part of failed; that is repeated with them.',
    })
    this.#log = new RejectionLog(telemetry.logger.child({ component: 'kafka route' }), clock)
  }

  async write(items: readonly GatewayItem[], options: WriteOptions = {}): Promise<void> {
    if (this.#closed !== undefined) throw new SinkClosedError()
    const events: EventRecord[] = []
    const rejected: QuarantineRecord[] = []
    for (const item of items) {
      if (item.kind === 'event') events.push(item.record)
      else rejected.push(item.record)
    }
    // Called in this tick, each topic in the order of the items.
    const outcomes = await Promise.allSettled([
      ...(events.length === 0 ? [] : [this.#events(events, options)]),
      ...rejected.map((record) => this.#rejected(record, options)),
    ])
    if (outcomes.every(isStored)) return
    const [ofEvents] = outcomes
    // What of the events is stored beside a failure among themselves has been counted with that.
    const allEvents = events.length > 0 && ofEvents?.status === 'fulfilled' ? events.length : 0
    const storedRejected = outcomes.slice(events.length === 0 ? 0 : 1).filter(isStored).length
    this.#settled(outcomes, allEvents + storedRejected)
  }

  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options)
    return this.#closed
  }

  async #close(options: CloseOptions): Promise<void> {
    const { events, rejected } = this.#options
    const outcomes = await Promise.allSettled([events.close(options), rejected.close(options)])
    throwFirst(outcomes)
  }

  /**
   * All in one write, so that each topic that they go to has room for all that it gets of them or for none; one by one only
   * where one of them is refused for good.
   */
  async #events(records: readonly EventRecord[], options: WriteOptions): Promise<void> {
    const [only] = records
    if (records.length === 1 && only !== undefined) return this.#event(only, options)
    try {
      await this.#options.events.write(records, options)
    } catch (error) {
      const hopeless = records.some((record) => isOfUnknownSchema(record, error))
      const stored = storedBeside(error, records.length)
      if (!hopeless && !isRefusedForGood(error)) {
        this.#storedBeside.add(stored.size)
        throw error
      }
      const left = records.filter((_, index) => !stored.has(index))
      const outcomes = await Promise.allSettled(left.map((record) => this.#event(record, options)))
      if (outcomes.every(isStored)) return
      this.#settled(outcomes, stored.size + outcomes.filter(isStored).length)
    }
  }

  async #event(record: EventRecord, options: WriteOptions): Promise<void> {
    try {
      await this.#options.events.write([record], options)
    } catch (error) {
      if (!isRefusedForGood(error) && !isOfUnknownSchema(record, error)) throw error
      await this.#rejected(this.#quarantined(record, error), options)
      this.#diverted.add(error.code.toLowerCase())
      const facts = { repository: record.key.toString('utf8'), err: error }
      this.#log.rejected('warn', error.code, facts, 'an event is kept in the topic of what was rejected')
    }
  }

  /** All have settled, not all well; the first failure stands for all of them, and so many items were stored nevertheless. */
  #settled(outcomes: readonly PromiseSettledResult<unknown>[], stored: number): void {
    if (stored > 0) this.#storedBeside.add(stored)
    throwFirst(outcomes)
  }

  async #rejected(record: QuarantineRecord, options: WriteOptions): Promise<void> {
    const { rejected } = this.#options
    if (await written(rejected, record, options)) return
    const smaller = await this.#options.oversize(record)
    if (await written(rejected, smaller, options)) return
    await rejected.write([withoutContent(smaller)], options)
  }

  #quarantined(record: EventRecord, { code, message }: RelayError): QuarantineRecord {
    const { content, contentType } = envelopeBytes(record)
    const rejected = { reason: code, message, content, key: record.key.toString('utf8') }
    const trace = traceContext(record.headers)
    const item = this.#options.quarantine(rejected, { contentType, trace })
    const headers = { ...item.record.headers, [fingerprintHeader]: record.fingerprint }
    return { ...item.record, receivedAt: record.receivedAt, headers }
  }
}

function isStored({ status }: PromiseSettledResult<unknown>): boolean {
  return status === 'fulfilled'
}

function throwFirst(outcomes: readonly PromiseSettledResult<unknown>[]): void {
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed !== undefined) throw failed.reason
}

function isRefusedForGood(error: unknown): error is RelayError {
  return isRelayError(error, 'TOO_LARGE') || isRelayError(error, 'RECORD_REJECTED')
}

/** Written by another version, with a schema that this one does not have: no repetition would ever find its id. */
function isOfUnknownSchema({ fingerprint }: EventRecord, error: unknown): error is RelayError {
  return isRelayError(error, 'SCHEMA_NOT_REGISTERED') && fingerprint !== registryEventSchema.fingerprint
}

/** Items of a write that are in their topic although it was refused; the error says which are not, or nothing was taken. */
function storedBeside(error: unknown, count: number): ReadonlySet<number> {
  const rejected: unknown = isRelayError(error) ? error.facts['rejected'] : undefined
  if (!Array.isArray(rejected)) return new Set()
  const refused = new Set(rejected.map(({ index }: { readonly index: number }) => index))
  return new Set(Array.from({ length: count }, (_, index) => index).filter((index) => !refused.has(index)))
}

/** False where the topic will never take it as it is. */
async function written(
  sink: Sink<QuarantineRecord>,
  record: QuarantineRecord,
  options: WriteOptions,
): Promise<boolean> {
  try {
    await sink.write([record], options)
    return true
  } catch (error) {
    if (isRefusedForGood(error)) return false
    throw error
  }
}

/** What any topic takes: what it was, by its headers. */
function withoutContent(record: QuarantineRecord): QuarantineRecord {
  const { [rejectedHeader.content]: content, ...headers } = record.headers
  const kept = content === 'file' ? content : 'digest'
  return { ...record, value: Buffer.alloc(0), headers: { ...headers, [rejectedHeader.content]: kept } }
}

/** The Envelope as it was posted; the Avro bytes where another version wrote them, from before an upgrade. */
function envelopeBytes({ datum, fingerprint }: EventRecord): { content: Buffer; contentType: string } {
  if (fingerprint !== registryEventSchema.fingerprint) {
    return { content: datum, contentType: 'application/avro' }
  }
  const { body, mediaType } = envelopeOf(decodeStoredEvent(datum))
  return { content: Buffer.from(body, 'utf8'), contentType: mediaType }
}
