import { type Clock, type Random, sleep, systemClock, systemRandom } from '../../clock.ts'
import { RelayError } from '../../errors.ts'
import { adviceFor } from '../advice.ts'
import { classify, rootCause } from '../classify.ts'
import type { ConsumedRecord } from '../consumer-port.ts'
import { kafkaCode } from '../kafka-fault.ts'
import type { TopicReader, TopicSpan } from '../reader-port.ts'
import { SpanProgress } from '../span-progress.ts'
import type { KafkaClient } from './client.ts'
import { readerGroup } from './reader-group.ts'
import { SpanRun } from './span-run.ts'

export interface KafkaTopicReaderOptions {
  readonly kafka: KafkaClient
  /**
   * Each reading is a consumer group of its own, `<group>.reader.<random>`, which commits nothing, so that the broker forgets
   * it within minutes. The rights for the prefix `<group>.` that a bridge has are enough.
   */
  readonly group: string
  readonly clock?: Clock
  readonly random?: Random
}

/**
 * Five attempts in nine seconds, going on where the last one ended: a consumer ends at the first failure of a join, as with a
 * broker that has just started and does not know its groups yet.
 */
const firstPauseMs = 300
const lastPauseMs = 4_800

/** See {@link TopicReader}. Connects for each reading, and not at all where there is nothing to read. */
export class KafkaTopicReader implements TopicReader {
  readonly #options: KafkaTopicReaderOptions

  constructor(options: KafkaTopicReaderOptions) {
    this.#options = options
  }

  async read(
    span: TopicSpan,
    onRecord: (record: ConsumedRecord) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const { kafka, group, clock = systemClock, random = systemRandom } = this.#options
    signal?.throwIfAborted()
    const groupId = readerGroup(group, random)
    const progress = new SpanProgress(span)
    for (let pauseMs = firstPauseMs; !progress.done; pauseMs *= 2) {
      const run = new SpanRun({
        kafka,
        groupId,
        topic: span.topic,
        progress,
        onRecord,
        clock,
        signal,
      })
      try {
        await run.finished()
      } catch (thrown) {
        if (!run.isFromClient(thrown)) throw thrown
        if (pauseMs > lastPauseMs || classify(thrown) === 'configuration') throw notRead(span.topic, thrown)
        await sleep(clock, pauseMs, signal)
      }
    }
  }
}

/** What the client's failure to read a topic means, with advice. */
export function notRead(topic: string, thrown: unknown): RelayError {
  const root = rootCause(thrown)
  return new RelayError(
    kafkaCode(root),
    `topic ${topic} cannot be read: ${root.message} ${readingAdvice(root)}`,
    { cause: thrown, facts: { topic } },
  )
}

function readingAdvice(root: Error): string {
  const { type } = root as Error & { readonly type?: unknown }
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION')
    return 'Create it (registry-relay topics apply does), or correct its name.'
  if (type === 'TOPIC_AUTHORIZATION_FAILED') return 'Grant this user READ and DESCRIBE on the topic.'
  if (type === 'GROUP_AUTHORIZATION_FAILED')
    return 'Grant this user READ on groups that begin with bridge.group.'
  return adviceFor(root)
}
