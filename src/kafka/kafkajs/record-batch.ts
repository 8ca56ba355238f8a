import type { WireRecord } from '../producer-port.ts'
import { crc32c } from './crc32c.ts'
import { sizeOfVarint, sizeOfVarlong, writeVarint, writeVarlong } from './varint.ts'

/** What the head of a batch says beside its records. */
export interface BatchHead {
  readonly producerId: string
  readonly producerEpoch: number
  readonly firstSequence: number
}

/** Bytes of a batch before its records: offset, length, leader epoch, magic, checksum, and what the checksum covers. */
export const batchHeadBytes = 61
const lengthAt = 8
/** The length counts what follows it. */
const lengthEnd = 12
const magicAt = 16
const crcAt = 17
const attributesAt = 21
const magic = 2

/** The records of a batch one after the other, as they follow its head. */
export class EncodedRecords {
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly bytes: number
  readonly #records: readonly WireRecord[]
  /** Milliseconds of each after the first. */
  readonly #after: Float64Array
  /** What each says about its own length. */
  readonly #lengths: Int32Array

  constructor(records: readonly WireRecord[]) {
    this.#records = records
    this.#after = Float64Array.from(records, ({ timestamp }) => Number(timestamp))
    this.firstTimestamp = this.#after.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
    this.maxTimestamp = this.#after.reduce((most, one) => Math.max(most, one), Number.NEGATIVE_INFINITY)
    this.#lengths = new Int32Array(records.length)
    let bytes = 0
    for (const [i, record] of records.entries()) {
      const after = (this.#after[i] as number) - this.firstTimestamp
      const length = lengthOf(record, i, after)
      this.#after[i] = after
      this.#lengths[i] = length
      bytes += sizeOfVarint(length) + length
    }
    this.bytes = bytes
  }

  get count(): number {
    return this.#records.length
  }

  /** Writes them and returns where they end. */
  write(buffer: Buffer, start: number): number {
    let at = start
    for (const [i, { key, value, headers }] of this.#records.entries()) {
      at = writeVarint(buffer, this.#lengths[i] as number, at)
      buffer[at++] = 0
      at = writeVarlong(buffer, this.#after[i] as number, at)
      at = writeVarint(buffer, i, at)
      at = writeBytes(buffer, key, at)
      at = writeBytes(buffer, value, at)
      at = writeHeaders(buffer, headers, at)
    }
    return at
  }
}

/**
 * Writes the head of a batch in front of its records, which end at `end`, and the checksum over both.
 * `compression` is Kafka's number of what the records are packed with.
 */
export function writeBatchHead(
  buffer: Buffer,
  start: number,
  end: number,
  records: EncodedRecords,
  head: BatchHead,
  compression: number,
): void {
  buffer.fill(0, start, start + attributesAt)
  buffer.writeInt32BE(end - start - lengthEnd, start + lengthAt)
  buffer[start + magicAt] = magic
  let at = buffer.writeInt16BE(compression, start + attributesAt)
  at = buffer.writeInt32BE(records.count - 1, at)
  at = buffer.writeBigInt64BE(BigInt(records.firstTimestamp), at)
  at = buffer.writeBigInt64BE(BigInt(records.maxTimestamp), at)
  at = buffer.writeBigInt64BE(BigInt(head.producerId), at)
  at = buffer.writeInt16BE(head.producerEpoch, at)
  at = buffer.writeInt32BE(head.firstSequence, at)
  buffer.writeInt32BE(records.count, at)
  buffer.writeUInt32BE(crc32c(buffer, start + attributesAt, end), start + crcAt)
}

function lengthOf({ key, value, headers }: WireRecord, offset: number, afterFirst: number): number {
  let length =
    1 + sizeOfVarlong(afterFirst) + sizeOfVarint(offset) + sizeOfBytes(key.length) + sizeOfBytes(value.length)
  let count = 0
  for (const name in headers) {
    count += 1
    length += sizeOfBytes(Buffer.byteLength(name)) + sizeOfBytes(Buffer.byteLength(headers[name] ?? ''))
  }
  return length + sizeOfVarint(count)
}

function sizeOfBytes(length: number): number {
  return sizeOfVarint(length) + length
}

function writeBytes(buffer: Buffer, bytes: Buffer, start: number): number {
  const at = writeVarint(buffer, bytes.length, start)
  return at + bytes.copy(buffer, at)
}

function writeHeaders(buffer: Buffer, headers: WireRecord['headers'], start: number): number {
  let count = 0
  for (const _name in headers) count += 1
  let at = writeVarint(buffer, count, start)
  for (const name in headers) {
    at = writeText(buffer, name, at)
    at = writeText(buffer, headers[name] ?? '', at)
  }
  return at
}

function writeText(buffer: Buffer, text: string, start: number): number {
  const at = writeVarint(buffer, Buffer.byteLength(text), start)
  return at + buffer.write(text, at)
}
