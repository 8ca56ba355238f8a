import { crc32c } from './crc32c.ts'

/** Bytes before the content of each record; the table is in docs/spool-format.md. */
export const frameHeaderBytes = 32

/** "RREC": what a search for the next whole record looks for. */
export const frameMagic: Buffer = Buffer.from('RREC', 'latin1')

const frameMagicNumber = frameMagic.readUInt32BE()

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
 * Writes header and content of a record into `target` at `at`, and returns the byte after it.
 *
 * Both checksums begin with the salt of the segment. Content comes from strangers: without a salt a body could carry
 * the image of a record inside it, and a search past a damaged header would find that image and publish it.
 */
export function encodeFrame(
  target: Buffer,
  at: number,
  content: Uint8Array,
  sequence: number,
  appendedAt: number,
  salt: number,
): number {
  target.set(frameMagic, at)
  target.writeUInt32BE(content.length, at + 4)
  writeSafeInteger(target, sequence, at + 8)
  writeSafeInteger(target, appendedAt, at + 16)
  target.writeUInt32BE(crc32c(content, salt), at + 24)
  target.writeUInt32BE(crc32c(target.subarray(at, at + 28), salt), at + 28)
  target.set(content, at + frameHeaderBytes)
  return at + frameHeaderBytes + content.length
}

/** 64 bits without a BigInt: this runs twice for each record that is appended. */
function writeSafeInteger(target: Buffer, value: number, at: number): void {
  target.writeUInt32BE(Math.floor(value / 2 ** 32), at)
  target.writeUInt32BE(value % 2 ** 32, at + 4)
}

/** The header at `offset`, or undefined where there is none that its checksum confirms. */
export function decodeFrameHeader(bytes: Buffer, offset: number, salt: number): FrameHeader | undefined {
  if (offset + frameHeaderBytes > bytes.length) return undefined
  if (bytes.readUInt32BE(offset) !== frameMagicNumber) return undefined
  if (crc32c(bytes.subarray(offset, offset + 28), salt) !== bytes.readUInt32BE(offset + 28)) return undefined
  return {
    length: bytes.readUInt32BE(offset + 4),
    sequence: readSafeInteger(bytes, offset + 8),
    appendedAt: readSafeInteger(bytes, offset + 16),
    contentCrc: bytes.readUInt32BE(offset + 24),
  }
}

function readSafeInteger(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4)
}
