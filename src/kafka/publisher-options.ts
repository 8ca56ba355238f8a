import { type Clock, type Random, systemClock, systemRandom } from '../clock.ts'
import { RelayError } from '../errors.ts'
import { noTelemetry, type Telemetry } from '../telemetry.ts'
import type { ProducerFactory } from './producer-port.ts'
import type { PublisherObserver } from './publisher-observer.ts'

export interface PublisherOptions {
  readonly topic: string
  /** Makes producers, see `kafkajsProducers`; one is in use at a time. */
  readonly producer: ProducerFactory
  /**
   * Bytes accepted and not yet confirmed; one write may go beyond. Default 64 MiB. A partition that already holds more than
   * what is still free gets no more, so that one that takes nothing leaves room for the others.
   */
  readonly budgetBytes?: number
  /** Records accepted and not yet confirmed. Default 100,000. */
  readonly budgetRecords?: number
  /** A write that finds the budget full waits (default; its signal is its deadline) or is rejected with OVER_BUDGET. */
  readonly overBudget?: 'wait' | 'reject'
  /**
   * Bytes of the largest record; a larger one is refused with TOO_LARGE. Default 1,048,000: what a topic takes
   * (`max.message.bytes` is 1,048,588 by default), less the frame of a batch. Counted before compression.
   */
  readonly maxRecordBytes?: number
  /** Asked once Kafka answers: the topic's `max.message.bytes`; replaces {@link maxRecordBytes} unless undefined. */
  readonly maxMessageBytes?: () => Promise<number | undefined>
  /** How much goes into one request. */
  readonly limits?: Partial<PublisherLimits>
  /** Not ready once the oldest unconfirmed record is older than this. Milliseconds, default 30,000. */
  readonly staleMs?: number
  /** Records of one partition after which the producer is replaced. Default 2,000,000,000; sequence numbers end at 2^31. */
  readonly maxSequence?: number
  /** Told of every request, retry and replaced producer. */
  readonly observer?: PublisherObserver
  readonly clock?: Clock
  readonly random?: Random
  readonly telemetry?: Telemetry
}

export interface PublisherLimits {
  /** Records of one partition in a request. Default 500: the client's time per batch grows with its square. */
  readonly batchRecords: number
  /** Bytes of one partition in a request. Default 700,000, never above the largest record. */
  readonly batchBytes: number
  /** Records in a request. Default 2,000. */
  readonly requestRecords: number
  /** Bytes in a request. Default 8 MiB, far below the 100 MiB that a broker reads. */
  readonly requestBytes: number
  /**
   * With many writers that come one by one: the longest that a broker's next request is held back after its last one
   * began, so that most of those who wrote lately are in it. Milliseconds. Default 0, none is: right for few writers and for
   * large writes. For a server that is posted to by many, 5.
   */
  readonly paceMs: number
}

export type PublisherSettings = Required<Omit<PublisherOptions, 'limits' | 'maxMessageBytes'>> & {
  readonly limits: PublisherLimits
  readonly maxMessageBytes: () => Promise<number | undefined>
}

/** Of a batch with one record: 61 bytes of header, and room for what a broker may add. */
export const batchOverhead = 588

/**
 * Fills in the defaults.
 *
 * @throws RelayError CONFIG_INVALID naming the option
 */
export function publisherSettings(options: PublisherOptions): PublisherSettings {
  const maxRecordBytes = count('maxRecordBytes', options.maxRecordBytes ?? 1_048_000)
  const limits = options.limits ?? {}
  return {
    topic: options.topic,
    producer: options.producer,
    budgetBytes: count('budgetBytes', options.budgetBytes ?? 64 * 1024 * 1024),
    budgetRecords: count('budgetRecords', options.budgetRecords ?? 100_000),
    overBudget: options.overBudget ?? 'wait',
    maxRecordBytes,
    maxMessageBytes: options.maxMessageBytes ?? (() => Promise.resolve(undefined)),
    limits: {
      batchRecords: count('limits.batchRecords', limits.batchRecords ?? 500),
      batchBytes: count('limits.batchBytes', Math.min(limits.batchBytes ?? 700_000, maxRecordBytes)),
      requestRecords: count('limits.requestRecords', limits.requestRecords ?? 2_000),
      requestBytes: count('limits.requestBytes', limits.requestBytes ?? 8 * 1024 * 1024),
      paceMs: limits.paceMs === undefined ? 0 : count('limits.paceMs', limits.paceMs, 0),
    },
    staleMs: count('staleMs', options.staleMs ?? 30_000),
    maxSequence: count('maxSequence', options.maxSequence ?? 2_000_000_000),
    observer: options.observer ?? {},
    clock: options.clock ?? systemClock,
    random: options.random ?? systemRandom,
    telemetry: options.telemetry ?? noTelemetry,
  }
}

function count(name: string, value: number, least = 1): number {
  if (Number.isInteger(value) && value >= least) return value
  throw new RelayError('CONFIG_INVALID', `${name} must be a whole number, at least ${least}, not ${value}`)
}
