import { int32, text } from '../kafka-bytes.ts'

import { ByteReader } from './byte-reader.ts'

export interface ProduceTarget {
  readonly topic: string
  readonly partitions: readonly number[]
}

export interface PartitionAnswer {
  readonly partition: number
  readonly errorCode: number
  readonly baseOffset: bigint
  readonly logAppendTime: bigint
  readonly logStartOffset: bigint
}

export interface ProduceResponse {
  readonly correlationId: number
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionAnswer[] }[]
  readonly throttleMs: number
}

const lengthBytes = 4
const none = -1n

/** Versions of Produce whose requests and responses look as they are read and written here. */
export function isKnownProduce(version: number): boolean {
  return version >= 5 && version <= 7
}

/** What a Produce request (frame with length) is for, and which acknowledgement it asks for. */
export function readProduceRequest(frame: Buffer): {
  readonly acks: number
  readonly targets: readonly ProduceTarget[]
} {
  // Behind length, key, version and correlation id: client id, transactional id, acks, time-out.
  const reader = new ByteReader(frame, lengthBytes + 8)
  reader.text()
  reader.text()
  const acks = reader.int16()
  reader.int32()
  const targets = reader.list(() => ({
    topic: reader.text() ?? '',
    partitions: reader.list(() => {
      const partition = reader.int32()
      reader.skipBytes()
      return partition
    }),
  }))
  return { acks, targets }
}

/** The response that a broker which stored nothing gives: the same error for every partition. */
export function refusalOf(
  correlationId: number,
  targets: readonly ProduceTarget[],
  errorCode: number,
): ProduceResponse {
  const topics = targets.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => ({
      ...{ partition, errorCode },
      ...{ baseOffset: none, logAppendTime: none, logStartOffset: none },
    })),
  }))
  return { correlationId, topics, throttleMs: 0 }
}

export function decodeProduceResponse(frame: Buffer): ProduceResponse {
  const reader = new ByteReader(frame, lengthBytes)
  const correlationId = reader.int32()
  const topics = reader.list(() => ({
    topic: reader.text() ?? '',
    partitions: reader.list(() => ({
      partition: reader.int32(),
      errorCode: reader.int16(),
      baseOffset: reader.int64(),
      logAppendTime: reader.int64(),
      logStartOffset: reader.int64(),
    })),
  }))
  return { correlationId, topics, throttleMs: reader.int32() }
}

export function encodeProduceResponse({ correlationId, topics, throttleMs }: ProduceResponse): Buffer {
  const body = Buffer.concat([
    int32(correlationId),
    int32(topics.length),
    ...topics.flatMap(({ topic, partitions }) => [
      text(topic),
      int32(partitions.length),
      ...partitions.map(answerBytes),
    ]),
    int32(throttleMs),
  ])
  return Buffer.concat([int32(body.length), body])
}

/** The same response with this error for every partition. */
export function withError(response: ProduceResponse, errorCode: number): ProduceResponse {
  const topics = response.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((answer) => ({ ...answer, errorCode, baseOffset: none })),
  }))
  return { ...response, topics }
}

function answerBytes({
  partition,
  errorCode,
  baseOffset,
  logAppendTime,
  logStartOffset,
}: PartitionAnswer): Buffer {
  const bytes = Buffer.alloc(30)
  bytes.writeInt32BE(partition, 0)
  bytes.writeInt16BE(errorCode, 4)
  bytes.writeBigInt64BE(baseOffset, 6)
  bytes.writeBigInt64BE(logAppendTime, 14)
  bytes.writeBigInt64BE(logStartOffset, 22)
  return bytes
}
