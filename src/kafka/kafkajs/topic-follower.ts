import { type Clock, type Random, systemClock, systemRandom } from '../../clock.ts'
import type { FollowHandlers, TopicFollower, TopicStart } from '../follower-port.ts'
import { OpenProgress } from '../open-progress.ts'
import type { KafkaClient } from './client.ts'
import { readerGroup } from './reader-group.ts'
import { SpanRun } from './span-run.ts'
import { notRead } from './topic-reader.ts'

export interface KafkaTopicFollowerOptions {
  readonly kafka: KafkaClient
  /** Each following is a group of its own, as each reading of a `KafkaTopicReader` is; nothing is committed. */
  readonly group: string
  readonly clock?: Clock
  readonly random?: Random
}

/** What is looked for is a topic that is gone or has grown; each look is a connection of its own. */
const lookMs = 30_000

/** See {@link TopicFollower}. Connects for each call. */
export class KafkaTopicFollower implements TopicFollower {
  readonly #options: KafkaTopicFollowerOptions

  constructor(options: KafkaTopicFollowerOptions) {
    this.#options = options
  }

  async follow(
    start: TopicStart,
    { onRecord, onReading, onAnew }: FollowHandlers,
    signal: AbortSignal,
  ): Promise<void> {
    const { kafka, group, clock = systemClock, random = systemRandom } = this.#options
    signal.throwIfAborted()
    const run = new SpanRun({
      kafka,
      groupId: readerGroup(group, random),
      topic: start.topic,
      progress: new OpenProgress(start),
      onRecord,
      onJoined: onReading,
      onAnew,
      lookMs,
      clock,
      signal,
    })
    try {
      await run.finished()
    } catch (thrown) {
      throw run.isFromClient(thrown) ? notRead(start.topic, thrown) : thrown
    }
  }
}
