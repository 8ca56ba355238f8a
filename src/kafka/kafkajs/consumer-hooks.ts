import { createRequire } from 'node:module'
import kafkajs from 'kafkajs'

/** What this package uses of kafkajs's `ConsumerGroup`, which its types do not show. */
export interface ConsumerGroup {
  readonly groupId: string
  readonly generationId: number | null
  readonly memberId: string | null
  readonly coordinator: Coordinator | null
  readonly cluster: Cluster
  /** Another one after every join, which goes by the generation of that join. */
  readonly offsetManager: OffsetManager | null
  readonly assigners: readonly { readonly hooks?: GroupHooks }[]
  leave(): Promise<void>
  pause(places: readonly Topic<number>[]): void
  resume(places: readonly Topic<number>[]): void
}

interface Topic<Partition> {
  readonly topic: string
  readonly partitions: readonly Partition[]
}

interface Coordinator {
  heartbeat(member: { groupId: string; memberId: string; groupGenerationId: number }): Promise<unknown>
  offsetFetch(asked: {
    readonly groupId: string
    readonly topics: readonly Topic<{ readonly partition: number }>[]
  }): Promise<{
    readonly responses: readonly Topic<{
      readonly partition: number
      readonly offset: string
      readonly metadata: string | null
    }>[]
  }>
}

interface Cluster {
  fetchTopicsOffset(
    topics: readonly (Topic<{ readonly partition: number }> & { readonly fromBeginning: boolean })[],
  ): Promise<readonly Topic<{ readonly partition: number; readonly offset: string }>[]>
}

interface OffsetManager {
  commitOffsets(offsets: {
    readonly topics: readonly Topic<{
      readonly partition: number
      readonly offset: string
      readonly metadata: string
    }>[]
  }): Promise<void>
  /** Where the next fetch begins: an int64 of kafkajs's own, to be read by its `toString`. */
  nextOffset(topic: string, partition: number): { toString(): string }
}

/** What this package uses of kafkajs's `Batch`. */
export interface FetchedBatch {
  isEmpty(): boolean
  /** It has records, and none to be shown: control records, for instance. */
  isEmptyDueToFiltering(): boolean
}

/**
 * Around what a consumer group does on its own. Each is called with the original, and does as it does unless it
 * has a reason not to.
 */
export interface GroupHooks {
  /** The first join, and every later one, for whatever reason. */
  join(group: ConsumerGroup, join: () => Promise<void>): Promise<void>
  /** At a stop, a disconnect and a crash. */
  leave(leave: () => Promise<void>): Promise<void>
  /** One fetch from one broker. */
  fetch(fetch: () => Promise<readonly FetchedBatch[]>): Promise<readonly FetchedBatch[]>
  /** A committed offset does not exist: the partition begins again at its earliest record. */
  reset(topic: string, partition: number, reset: () => Promise<void>): Promise<void>
}

type Method<Arguments extends unknown[], Result> = (
  this: ConsumerGroup,
  ...given: Arguments
) => Promise<Result>

interface Prototype {
  joinAndSync: Method<[], void>
  leave: Method<[], void>
  fetch: Method<[unknown], readonly FetchedBatch[]>
  recoverFromOffsetOutOfRange: Method<[{ topic: string; partition: number }], void>
}

const patched = new WeakSet<object>()

/**
 * Puts the hooks of a consumer's assigner (see {@link hookedAssigner}) around what kafkajs does. It joins a group
 * anew, and leaves it, without asking whoever works on the partitions: then the next owner delivers while the last
 * one still does. Only for the version that `version.ts` checks; calling it again changes nothing.
 */
export function patchConsumerGroup(): void {
  const { prototype } = createRequire(import.meta.url)('kafkajs/src/consumer/consumerGroup') as {
    prototype: Prototype
  }
  if (patched.has(prototype)) return
  patched.add(prototype)
  const { joinAndSync, leave, fetch, recoverFromOffsetOutOfRange } = prototype
  prototype.joinAndSync = function () {
    const hooks = this.assigners[0]?.hooks
    const original = (): Promise<void> => joinAndSync.call(this)
    return hooks === undefined ? original() : hooks.join(this, original)
  }
  prototype.leave = function () {
    const hooks = this.assigners[0]?.hooks
    const original = (): Promise<void> => leave.call(this)
    return hooks === undefined ? original() : hooks.leave(original)
  }
  prototype.fetch = function (node) {
    const hooks = this.assigners[0]?.hooks
    const original = (): Promise<readonly FetchedBatch[]> => fetch.call(this, node)
    return hooks === undefined ? original() : hooks.fetch(original)
  }
  prototype.recoverFromOffsetOutOfRange = function (error) {
    const hooks = this.assigners[0]?.hooks
    const original = (): Promise<void> => recoverFromOffsetOutOfRange.call(this, error)
    return hooks === undefined ? original() : hooks.reset(error.topic, error.partition, original)
  }
}

/**
 * The round robin assigner, which carries the hooks of its consumer: the one thing of ours that kafkajs hands
 * through to the group.
 */
export function hookedAssigner(hooks: GroupHooks): kafkajs.PartitionAssigner {
  return (options) => Object.assign(kafkajs.PartitionAssigners.roundRobin(options), { hooks })
}
