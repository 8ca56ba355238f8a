import type { TestContext } from 'node:test'
import type { OutgoingRecord, Published } from '../../../src/kafka/outgoing-record.ts'
import { Publisher } from '../../../src/kafka/publisher.ts'
import type { PublisherOptions } from '../../../src/kafka/publisher-options.ts'
import { partitionOf } from '../../../src/kafka/routing.ts'
import { ManualClock, settle } from '../../support/manual-clock.ts'
import { CountedTelemetry } from './counted-telemetry.ts'
import { ScriptedBroker, type ScriptedBrokerOptions } from './scripted-producer.ts'

/** A publisher on a scripted broker, with time that only the test moves. */
export class PublisherBed {
  readonly broker: ScriptedBroker
  readonly clock: ManualClock = new ManualClock()
  readonly telemetry: CountedTelemetry = new CountedTelemetry()
  readonly publisher: Publisher

  constructor(t: TestContext, options: Partial<PublisherOptions> & ScriptedBrokerOptions = {}) {
    this.broker = new ScriptedBroker(options)
    this.publisher = new Publisher({
      topic: 'events',
      producer: this.broker.producer,
      clock: this.clock,
      random: () => 0,
      telemetry: this.telemetry,
      ...options,
    })
    t.after(() => {
      this.broker.hold = false
      for (const request of [...this.broker.open]) request.confirm()
      const closing = this.publisher.close({ deadlineMs: 0 }).catch(() => {})
      return Promise.all([closing, this.clock.advance(10_000)])
    })
  }

  /** Started and connected. */
  static async started(
    t: TestContext,
    options: Partial<PublisherOptions> & ScriptedBrokerOptions = {},
  ): Promise<PublisherBed> {
    const bed = new PublisherBed(t, options)
    await bed.publisher.start()
    await settle()
    return bed
  }

  write(partition: number, ...texts: string[]): Promise<readonly Published[]> {
    return this.publisher.write(texts.map((text) => recordFor(partition, text)))
  }
}

const keys = new Map<number, string>()

/** A key of a partition, of three unless said otherwise. */
export function keyOf(partition: number, partitions = 3): string {
  const known = keys.get(partition * 1_000 + partitions)
  if (known !== undefined) return known
  let n = 0
  while (partitionOf(Buffer.from(`key-${n}`), partitions) !== partition) n++
  keys.set(partition * 1_000 + partitions, `key-${n}`)
  return `key-${n}`
}

export function recordFor(partition: number, text: string): OutgoingRecord {
  return {
    key: Buffer.from(keyOf(partition)),
    value: Buffer.from(text),
    valueBytes: Buffer.byteLength(text),
    timestamp: 1,
  }
}

/** What has become of a promise, without waiting for it. */
export function watch<T>(promise: Promise<T>): {
  state: 'open' | 'resolved' | 'rejected'
  value?: T
  error?: unknown
} {
  const watched: ReturnType<typeof watch<T>> = { state: 'open' }
  promise.then(
    (value) => Object.assign(watched, { state: 'resolved', value }),
    (error: unknown) => Object.assign(watched, { state: 'rejected', error }),
  )
  return watched
}
