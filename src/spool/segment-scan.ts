import { crc32c } from './crc32c.ts'
import type { DiskFile } from './disk.ts'
import { decodeFrameHeader, type FrameHeader, frameHeaderBytes, frameMagic } from './record-frame.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'
import type { SpooledRecord } from './spool.ts'

const windowBytes = 1024 * 1024

/** What stands at one place of a segment. */
export type Found =
  | { readonly kind: 'record'; readonly record: SpooledRecord; readonly end: number }
  /** Bytes that no checksum confirms, before a whole record or the end of what a whole header announces. */
  | { readonly kind: 'bad'; readonly start: number; readonly end: number; readonly next: number }
  /** No whole record from here on. `torn`: as a write that a power cut stopped leaves it. */
  | { readonly kind: 'tail'; readonly start: number; readonly torn: boolean }
  | { readonly kind: 'end' }

/**
 * Walks the records of a segment from its first byte to `segment.bytes`, and past damage. Each call moves on by at least
 * one byte or says `tail` or `end`: no content of a file can keep a caller in a loop.
 */
export class SegmentScan {
  readonly #file: DiskFile
  readonly #segment: Segment
  #at: number
  #expected: number
  #window: Buffer = Buffer.alloc(0)
  #windowAt = 0

  /** Begins at the first record, or at the one of sequence `expected` that stands at byte `at`. */
  constructor(
    file: DiskFile,
    segment: Segment,
    at: number = segmentHeaderBytes,
    expected: number = segment.first,
  ) {
    this.#file = file
    this.#segment = segment
    this.#at = at
    this.#expected = expected
  }

  /** Sequence that the next record should have. */
  get expected(): number {
    return this.#expected
  }

  async next(): Promise<Found> {
    const { bytes } = this.#segment
    const start = this.#at
    if (start >= bytes) return { kind: 'end' }
    const header = await this.#headerAt(start)
    if (header === undefined || header.sequence < this.#expected) return this.#searchFrom(start)
    if (header.sequence > this.#expected) {
      // The damage swallowed whole records as well: say how many, and come back for this one.
      this.#expected = header.sequence
      return { kind: 'bad', start, end: start, next: header.sequence }
    }
    const end = start + frameHeaderBytes + header.length
    if (end > bytes) return { kind: 'tail', start, torn: true }
    const content = await this.#contentAt(start, header)
    this.#at = end
    this.#expected += 1
    // The header is whole, so its length is right: the next record begins at `end`, no search is needed.
    if (content === undefined) return { kind: 'bad', start, end, next: this.#expected }
    const { sequence, appendedAt } = header
    return { kind: 'record', record: { sequence, appendedAt, content }, end }
  }

  /** After a header that cannot be trusted: the next place where header and content are both whole. */
  async #searchFrom(start: number): Promise<Found> {
    const { bytes } = this.#segment
    let blank = true
    for (let at = start; at < bytes; ) {
      const window = await this.#read(at, Math.min(windowBytes, bytes - at))
      if (window.length === 0) break
      if (at === start) blank = window.every((byte) => byte === 0)
      const hit = window.indexOf(frameMagic, at === start ? 1 : 0)
      if (hit === -1) {
        // The magic may lie across the border of two windows.
        at += Math.max(1, window.length - (frameMagic.length - 1))
        continue
      }
      at += hit
      const header = await this.#headerAt(at)
      if (header !== undefined && header.sequence > this.#expected) {
        if ((await this.#contentAt(at, header)) !== undefined) {
          this.#at = at
          this.#expected = header.sequence
          return { kind: 'bad', start, end: at, next: header.sequence }
        }
      }
      at += 1
    }
    // Shorter than a header, or zeros where the size got to the disk and the bytes did not: both are torn writes.
    return { kind: 'tail', start, torn: bytes - start < frameHeaderBytes || blank }
  }

  async #headerAt(at: number): Promise<FrameHeader | undefined> {
    return decodeFrameHeader(await this.#read(at, frameHeaderBytes), 0, this.#segment.salt)
  }

  async #contentAt(at: number, header: FrameHeader): Promise<Buffer | undefined> {
    const from = at + frameHeaderBytes
    if (from + header.length > this.#segment.bytes) return undefined
    const content = await this.#read(from, header.length)
    if (content.length < header.length) return undefined
    if (crc32c(content, this.#segment.salt) !== header.contentCrc) return undefined
    // A copy: a view would keep the whole window alive as long as the record.
    return Buffer.from(content)
  }

  async #read(at: number, length: number): Promise<Buffer> {
    const offset = at - this.#windowAt
    if (offset < 0 || offset + length > this.#window.length) {
      const wanted = Math.min(Math.max(length, windowBytes), this.#segment.bytes - at)
      this.#window = await this.#file.read(at, wanted)
      this.#windowAt = at
      return this.#window.subarray(0, length)
    }
    return this.#window.subarray(offset, offset + length)
  }
}
