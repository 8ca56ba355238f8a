import { createRequire } from 'node:module'
import type kafkajs from 'kafkajs'
import { type Clock, sleep } from '../../clock.ts'
import { RelayError } from '../../errors.ts'
import type { CommittedOffset } from '../consumer-port.ts'

/** What this package uses of kafkajs's `Cluster`, which its types do not show. */
interface Cluster {
  findGroupCoordinator(group: { readonly groupId: string }): Promise<Coordinator>
}

interface Coordinator {
  offsetCommit(request: {
    readonly groupId: string
    readonly groupGenerationId: number
    readonly memberId: string
    readonly topics: readonly object[]
  }): Promise<unknown>
}

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

/** Partitions of which the group remembers nothing are left out. */
export async function fetchGroupOffsets(
  admin: kafkajs.Admin,
  clock: Clock,
  groupId: string,
  topic: string,
): Promise<ReadonlyMap<number, CommittedOffset>> {
  const answer = await whileRetriable(clock, () => admin.fetchOffsets({ groupId, topics: [topic] }))
  const partitions = answer.find((one) => one.topic === topic)?.partitions ?? []
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
  return error instanceof Error && 'type' in error && 'retriable' in error && error.retriable === true
}

/**
 * The cluster that an admin keeps to itself. Asked for the offsets of a group, it asks its cluster for the coordinator in the
 * same turn, before it waits for anything: for that one call the method is ours, and nobody else can meet it.
 *
 * @throws RelayError KAFKA_CLIENT_CHANGED: it does not do so any more
 */
export function clusterOf(admin: Pick<kafkajs.Admin, 'fetchOffsets'>): Cluster {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster') as { prototype: Cluster }
  const { findGroupCoordinator } = prototype
  let found: Cluster | undefined
  prototype.findGroupCoordinator = function (this: Cluster) {
    found = this
    return Promise.reject(new Error('only to be found'))
  }
  try {
    admin.fetchOffsets({ groupId: 'any', topics: [] }).catch(() => undefined)
  } finally {
    prototype.findGroupCoordinator = findGroupCoordinator
  }
  if (found === undefined) {
    throw new RelayError(
      'KAFKA_CLIENT_CHANGED',
      'the admin of kafkajs does not ask its cluster at once for a coordinator',
    )
  }
  return found
}
