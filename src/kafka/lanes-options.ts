import type { Clock, Random } from '../clock.ts'
import type { Logger } from '../telemetry.ts'
import type { Batch } from './accumulator/batch.ts'
import type { Entry } from './accumulator/entry.ts'
import type { RequestLimits } from './accumulator/selection.ts'
import type { ProduceReply } from './producer-port.ts'
import type { PublisherMetrics } from './publisher-metrics.ts'
import type { SafeObserver } from './publisher-observer.ts'

export interface LanesOptions {
  readonly topic: string
  readonly limits: RequestLimits
  /** Records of one partition after which the producer is replaced; its sequence numbers end at 2^31. */
  readonly maxSequence: number
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: PublisherMetrics
  readonly observer: SafeObserver
  readonly produce: (broker: number, batches: readonly Batch[]) => Promise<readonly ProduceReply[]>
  readonly refreshLeaders: () => Promise<void>
  /** Nothing is under way; the producer is to be replaced, then `Lanes.open` called. */
  readonly replaceProducer: () => void
  /** These records have their outcome. */
  readonly onDone: (entries: readonly Entry[]) => void
}
