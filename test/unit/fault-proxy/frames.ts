import { frame, int16, int32, text } from '../../support/kafka-bytes.ts'

const produceKey = 0
export const metadataKey = 3

/** A request with the client id `test`. */
export function request(apiKey: number, correlationId: number, body: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8)
  head.writeInt16BE(apiKey, 0)
  head.writeInt16BE(7, 2)
  head.writeInt32BE(correlationId, 4)
  return frame(Buffer.concat([head, text('test'), body]))
}

/** A Produce request for these partitions of the topic `events`, with records that nobody reads. */
export function produceRequest(correlationId: number, partitions: readonly number[], acks = -1): Buffer {
  const body = Buffer.concat([
    int16(-1),
    int16(acks),
    int32(30_000),
    int32(1),
    text('events'),
    int32(partitions.length),
    ...partitions.flatMap((partition) => [int32(partition), int32(5), Buffer.from('bytes')]),
  ])
  return request(produceKey, correlationId, body)
}
