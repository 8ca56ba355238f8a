import { crc32c } from './crc32c.ts'

/** Bytes before the content of each record; the table is in docs/spool-format.md. */
export const frameHeaderBytes = 32

/** "RREC": what a search for the next whole record looks for. */
export const frameMagic: Buffer = Buffer.from('RREC', 'latin1')

export interface FrameHeader {
  /** Bytes of content after the header. */
  readonly length: number
  /** Position of the record in the spool's whole life, from 0. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly appendedAt: number
  /** CRC-32C of the content. */
  readonly contentCrc: number
}

/**
 * Writes the header of a record.
 *
 * Both checksums begin with the salt of the segment. Content comes from strangers: without a salt a body could carry
 * the image of a record inside it, and a search past a damaged header would find that image and publish it.
 */
export function encodeFrameHeader(
  content: Uint8Array,
  sequence: number,
  appendedAt: number,
  salt: number,
): Buffer {
  const header = Buffer.allocUnsafe(frameHeaderBytes)
  frameMagic.copy(header)
  header.writeUInt32BE(content.length, 4)
  header.writeBigUInt64BE(BigInt(sequence), 8)
  header.writeBigUInt64BE(BigInt(appendedAt), 16)
  header.writeUInt32BE(crc32c(content, salt), 24)
  header.writeUInt32BE(crc32c(header.subarray(0, 28), salt), 28)
  return header
}

/** The header at `offset`, or undefined where there is none that its checksum confirms. */
export function decodeFrameHeader(bytes: Buffer, offset: number, salt: number): FrameHeader | undefined {
  if (offset + frameHeaderBytes > bytes.length) return undefined
  if (bytes.compare(frameMagic, 0, 4, offset, offset + 4) !== 0) return undefined
  if (crc32c(bytes.subarray(offset, offset + 28), salt) !== bytes.readUInt32BE(offset + 28)) return undefined
  return {
    length: bytes.readUInt32BE(offset + 4),
    sequence: Number(bytes.readBigUInt64BE(offset + 8)),
    appendedAt: Number(bytes.readBigUInt64BE(offset + 16)),
    contentCrc: bytes.readUInt32BE(offset + 24),
  }
}
