import type { Disk } from './disk.ts'
import { ignoreMissing } from './disk-error.ts'
import type { Segment } from './segment.ts'

/**
 * The segments on the disk, oldest first, and what they weigh. The oldest of them may be acked as a whole: those are
 * what can be given up when space is needed.
 */
export class SegmentList {
  readonly #disk: Disk
  readonly #segments: Segment[] = []
  #bytes = 0
  /** The first so many are acked by a cursor that is on the disk. */
  #acked = 0
  #ackedBytes = 0

  constructor(disk: Disk, segments: readonly Segment[]) {
    this.#disk = disk
    for (const segment of segments) this.add(segment)
  }

  /** The living list. */
  get all(): readonly Segment[] {
    return this.#segments
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Bytes of the segments that must stay. */
  get heldBytes(): number {
    return this.#bytes - this.#ackedBytes
  }

  add(segment: Segment): void {
    this.#segments.push(segment)
    this.#bytes += segment.bytes
  }

  /** The last segment holds `records` more, now durable. */
  grow(segment: Segment, bytes: number, records: number): void {
    segment.bytes += bytes
    segment.end += records
    this.#bytes += bytes
  }

  /** All below `cursor` is acked, and that is durable: a segment must never go before the note that it may. */
  ackedBelow(cursor: number): void {
    for (let next = this.#segments[this.#acked]; next !== undefined; next = this.#segments[this.#acked]) {
      if (next.end > cursor || !next.sealed) return
      this.#acked += 1
      this.#ackedBytes += next.bytes
    }
  }

  /** Removes acked segments, the oldest first, while the rest of them has at least `keepBytes`. */
  async sweep(keepBytes: number): Promise<void> {
    while (this.#acked > 0 && this.#ackedBytes - (this.#segments[0]?.bytes ?? 0) >= keepBytes) {
      await this.removeAcked()
    }
  }

  /** Removes acked segments, the oldest first, until all that is left has at most `bytes`, or nothing acked is left. */
  async shrinkTo(bytes: number): Promise<void> {
    while (this.#bytes > bytes) if (!(await this.removeAcked())) return
  }

  /** Removes the oldest segment if it is acked; false where there is none. */
  async removeAcked(): Promise<boolean> {
    const [oldest] = this.#segments
    if (this.#acked === 0 || oldest === undefined) return false
    // Out of the list before the first wait: two callers must not both take this one.
    this.#segments.shift()
    this.#acked -= 1
    this.#bytes -= oldest.bytes
    this.#ackedBytes -= oldest.bytes
    await this.#disk.unlink(oldest.path).catch(ignoreMissing)
    return true
  }
}
