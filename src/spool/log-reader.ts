import type { Damage } from './damage.ts'
import type { Disk, DiskFile } from './disk.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'
import { SegmentScan } from './segment-scan.ts'
import type { SpooledRecord } from './spool.ts'

interface OpenSegment {
  readonly segment: Segment
  readonly file: DiskFile
  readonly scan: SegmentScan
}

/** Reads records from the disk in order, and reports each damaged one it passes. */
export class LogReader {
  readonly #disk: Disk
  readonly #segments: readonly Segment[]
  readonly #damage: Damage
  #open: OpenSegment | undefined
  #next: number
  /** Where `#next` stands, when it was last read from memory: saves walking the segment from its start. */
  #known: { readonly segment: Segment; readonly at: number } | undefined

  /** `segments` is the living list of the spool. */
  constructor(disk: Disk, segments: readonly Segment[], damage: Damage, from: number) {
    this.#disk = disk
    this.#segments = segments
    this.#damage = damage
    this.#next = from
  }

  /** Sequence that is read next. */
  get position(): number {
    return this.#next
  }

  /** It holds a file; `close` before `skip`. */
  get isOpen(): boolean {
    return this.#open !== undefined
  }

  /** The record was taken from memory instead; `at` is the byte after it. */
  skip(sequence: number, segment: Segment, at: number): void {
    this.#next = sequence + 1
    this.#known = { segment, at }
  }

  /** The next record that is durable, or undefined. */
  async next(): Promise<SpooledRecord | undefined> {
    while (true) {
      const open = this.#open ?? (await this.#openAt(this.#next))
      if (open === undefined) return undefined
      const before = open.scan.expected
      // What the scan goes by: the segment may grow before its answer is here, and what it grew by is not lost.
      const { end } = open.segment
      const found = await open.scan.next()
      if (found.kind === 'record') {
        // Walking to the cursor passes records that are acked.
        if (found.record.sequence < this.#next) continue
        this.#next = found.record.sequence + 1
        return found.record
      }
      if (found.kind === 'bad') {
        const { next } = found
        if (next > this.#next) {
          const records = next - Math.max(before, this.#next)
          if (found.end > found.start)
            await this.#damage.bad(open.file, open.segment, found.start, found.end, records)
          else this.#damage.missing(next - records, next)
          this.#next = next
        }
        continue
      }
      const { segment, file } = open
      const lost = end - Math.max(before, this.#next)
      if (lost > 0) {
        if (found.kind === 'tail') await this.#damage.bad(file, segment, found.start, segment.bytes, lost)
        else this.#damage.missing(end - lost, end)
      }
      this.#next = Math.max(this.#next, end)
      if ((this.#segments.at(-1)?.first ?? 0) < segment.end) {
        // The end of what there is for now; the segment may grow, so its file stays open.
        if (found.kind === 'end') return undefined
      }
      await this.close()
    }
  }

  async close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    this.#known = undefined
    await open?.file.close()
  }

  async #openAt(sequence: number): Promise<OpenSegment | undefined> {
    const segment = this.#segments.find(({ end }) => end > sequence)
    if (segment === undefined) return undefined
    if (segment.first > sequence) {
      this.#damage.missing(sequence, segment.first)
      this.#next = segment.first
    }
    const file = await this.#disk.open(segment.path)
    const known = this.#known?.segment === segment ? this.#known : undefined
    const scan = new SegmentScan(
      file,
      segment,
      known?.at ?? segmentHeaderBytes,
      known === undefined ? segment.first : sequence,
    )
    this.#known = undefined
    this.#open = { segment, file, scan }
    return this.#open
  }
}
