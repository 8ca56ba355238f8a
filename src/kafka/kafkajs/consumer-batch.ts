import type kafkajs from 'kafkajs'
import type { ConsumedRecord, RecordBatch } from '../consumer-port.ts'

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
  const own = new Map<string, readonly Buffer[]>()
  for (const [name, value] of Object.entries(headers)) {
    // Nearly all there is; by way of a list of one it takes as long as the whole rest of a record.
    if (Buffer.isBuffer(value)) own.set(name, [Buffer.from(value)])
    // A value of null cannot be written by this client: an empty one keeps the name, where a record is written again.
    else
      own.set(
        name,
        [value ?? ''].flat().map((one) => Buffer.from(one)),
      )
  }
  return own
}
