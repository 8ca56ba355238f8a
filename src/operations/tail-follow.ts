import { type Clock, sleep } from '../clock.ts'
import { isRelayError, type RelayError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { TopicFollower } from '../kafka/follower-port.ts'
import { type TailAdmin, type TailStart, tailStarts } from './tail-start.ts'

export interface TailFollowOptions {
  readonly follower: TopicFollower
  readonly admin: TailAdmin
  readonly onRecord: (record: ConsumedRecord) => void | Promise<void>
  /** Kafka cannot be reached; it is tried again. */
  readonly onAway: (error: RelayError) => void
  /** Records come as they are written, from now on or again. */
  readonly onReading: () => void
  /** The topic was made anew, and is read from its beginning. */
  readonly onAnew: (topic: string) => void
  readonly clock: Clock
  readonly signal: AbortSignal
}

const pauseMs = 1_000

/**
 * Reads a topic as it grows until the signal is aborted, however often Kafka goes away meanwhile: it goes on behind the last
 * record that was taken. Partitions that the topic gets later are read from their beginning.
 *
 * Rejects with the signal's reason, with what `onRecord` throws, and with KAFKA_CONFIGURATION.
 */
export async function followTopic(
  { topic, spans, partitionCount }: TailStart,
  options: TailFollowOptions,
): Promise<never> {
  const { follower, admin, onRecord, onReading, onAnew, signal } = options
  const next = new Map([...spans].map(([partition, { start }]) => [partition, start]))
  for (let count = partitionCount; ; ) {
    await patiently(options, async () => {
      await follower.follow(
        { topic, partitions: next, partitionCount: count },
        {
          async onRecord(record) {
            await onRecord(record)
            next.set(record.partition, record.offset + 1n)
          },
          onReading,
          onAnew(starts) {
            for (const [partition, start] of starts) next.set(partition, start)
            onAnew(topic)
          },
        },
        signal,
      )
      const [now] = await tailStarts([topic], { kind: 'earliest' }, undefined, admin)
      for (const [partition, { start }] of now?.spans ?? []) {
        if (partition >= count) next.set(partition, start)
      }
      count = now?.partitionCount ?? count
    })
  }
}

/** What `ask` resolves with, as soon as Kafka can be reached. Rejects with anything else that `ask` rejects with. */
export async function patiently<T>(
  { onAway, clock, signal }: Pick<TailFollowOptions, 'onAway' | 'clock' | 'signal'>,
  ask: () => Promise<T>,
): Promise<T> {
  for (;;) {
    try {
      return await ask()
    } catch (thrown) {
      if (!isRelayError(thrown, 'KAFKA_UNAVAILABLE')) throw thrown
      signal.throwIfAborted()
      onAway(thrown)
      await sleep(clock, pauseMs, signal)
    }
  }
}
