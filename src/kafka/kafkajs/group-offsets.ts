import type kafkajs from 'kafkajs'
import { type Clock, sleep } from '../../clock.ts'
import { isRelayError, RelayError } from '../../errors.ts'
import type { CommittedOffset } from '../consumer-port.ts'
import { clusterOf } from './cluster.ts'

/** A coordinator that moves, or that reads what it is to remember, is there within seconds. */
const attempts = 50
const pauseMs = 100

/**
 * Commits as nobody: generation -1 and no member is what Kafka takes for a group without members only, and refuses with
 * UNKNOWN_MEMBER_ID otherwise. The client's own `setOffsets` would join the group for some 5 s, and write no metadata.
 */
export async function commitWithoutMember(
  admin: kafkajs.Admin,
  clock: Clock,
  groupId: string,
  topic: string,
  offsets: ReadonlyMap<number, CommittedOffset>,
): Promise<void> {
  const cluster = clusterOf(admin)
  const partitions = [...offsets].map(([partition, { next, metadata }]) => ({
    partition,
    offset: String(next),
    metadata,
  }))
  await whileRetriable(clock, async () => {
    const coordinator = await cluster.findGroupCoordinator({ groupId })
    const topics = [{ topic, partitions }]
    await coordinator.offsetCommit({ groupId, groupGenerationId: -1, memberId: '', topics })
  })
}

/**
 * Partitions of which the group remembers nothing are left out.
 *
 * The client asks for the partitions that it knows of at the moment, and something else that is asked of the same client meanwhile
 * may just have made it forget them all. Taken for an answer that would be a group that remembers nothing.
 */
export async function fetchGroupOffsets(
  admin: kafkajs.Admin,
  clock: Clock,
  groupId: string,
  topic: string,
): Promise<ReadonlyMap<number, CommittedOffset>> {
  const partitions = await whileRetriable(clock, async () => {
    const answer = await admin.fetchOffsets({ groupId, topics: [topic] })
    const found = answer.find((one) => one.topic === topic)?.partitions ?? []
    if (found.length > 0) return found
    throw new RelayError('KAFKA_UNAVAILABLE', `the client knows no partition of ${topic} at the moment`)
  })
  return new Map(
    partitions
      .map(({ partition, offset, metadata }): [number, CommittedOffset] => [
        partition,
        { next: BigInt(offset), metadata: metadata ?? '' },
      ])
      // -1 is nothing. -2 is what the client writes where it begins anew: no offset either.
      .filter(([, { next }]) => next >= 0n),
  )
}

/** Repeats what Kafka says may be repeated; the client does so for finding the coordinator, not for what it is then asked. */
async function whileRetriable<T>(clock: Clock, run: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run()
    } catch (error) {
      if (attempt >= attempts || !isRetriableAnswer(error)) throw error
    }
    await sleep(clock, pauseMs)
  }
}

function isRetriableAnswer(error: unknown): boolean {
  if (isRelayError(error)) return error.retriable
  return error instanceof Error && 'type' in error && 'retriable' in error && error.retriable === true
}
