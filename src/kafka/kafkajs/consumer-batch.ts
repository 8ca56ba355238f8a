import type kafkajs from 'kafkajs'
import type { ConsumedRecord, HeldPartition, RecordBatch } from '../consumer-port.ts'

/** A batch as kafkajs hands it over, in the words of the port. */
export function recordBatch(batch: kafkajs.Batch): RecordBatch {
  const { topic, partition } = batch
  return {
    topic,
    partition,
    records: batch.messages.map((message): ConsumedRecord => {
      const { key, value, timestamp } = message
      return {
        topic,
        partition,
        offset: BigInt(message.offset),
        key: ownBytes(key),
        value: ownBytes(value),
        headers: ownHeaders(message.headers),
        timestamp: Number(timestamp),
      }
    }),
    // lastOffset() counts control records that the batch does not show: without them reading would never get
    // past them.
    next: BigInt(batch.lastOffset()) + 1n,
    highWatermark: BigInt(batch.highWatermark),
  }
}

/**
 * kafkajs's bytes are slices of the whole answer of the broker, up to 10 MiB: one record that waits for a dead
 * endpoint would keep all of it in memory.
 */
function ownBytes(slice: Buffer | null): Buffer | null {
  return slice === null ? null : Buffer.from(slice)
}

function ownHeaders(headers: kafkajs.IHeaders = {}): ReadonlyMap<string, readonly Buffer[]> {
  return new Map(
    Object.entries(headers).map(([name, value]) => [
      name,
      [value ?? []].flat().map((one) => Buffer.from(one)),
    ]),
  )
}

export interface Tenure {
  /** The group has not been joined anew, and the session is not over. */
  readonly stands: () => boolean
  /** As recently heard by the group that it cannot have given the partition away. */
  readonly leased: () => boolean
}

export function heldPartition(payload: kafkajs.EachBatchPayload, { stands, leased }: Tenure): HeldPartition {
  const { topic, partition } = payload.batch
  let resume: (() => void) | undefined
  return {
    isHeld: () => stands() && leased(),
    async commit(next) {
      // The broker takes commits for any partition from any member. One for a partition that is somebody
      // else's by now would set them back.
      if (!stands()) return
      const partitions = [{ partition, offset: String(next) }]
      await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] })
    },
    pause() {
      resume ??= payload.pause()
    },
    // To kafkajs a pause belongs to the partition, not to the assignment: one that is not taken back outlives
    // a join.
    resume() {
      resume?.()
      resume = undefined
    },
  }
}
