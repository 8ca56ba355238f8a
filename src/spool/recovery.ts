import type { CursorFile } from './cursor-file.ts'
import type { Damage } from './damage.ts'
import type { Disk } from './disk.ts'
import { confirmed, ignoreMissing } from './disk-error.ts'
import { checkSegmentHeader, type Segment, segmentHeaderBytes, segmentOf } from './segment.ts'
import { SegmentScan } from './segment-scan.ts'

export interface Recovered {
  /** Segments with records that are not acked, in order. */
  readonly segments: Segment[]
  /** Sequence of the first record that is not acked. */
  readonly cursor: number
  /** Sequence of the next record to append. */
  readonly next: number
}

/**
 * Finds out what a folder holds after any way of stopping. Only the last segment can have an unfinished end, so only it
 * is read through here; the others are checked while they are read, and a gigabyte of them starts as fast as nothing.
 */
export async function recover(
  disk: Disk,
  folder: string,
  cursorFile: CursorFile,
  damage: Damage,
): Promise<Recovered> {
  const segments = await openSegments(disk, folder, damage)
  const saved = await cursorFile.load()
  if (saved === 'damaged')
    damage.warn(folder, 'the cursor of the spool is damaged: records may be sent again')
  const first = segments[0]?.first
  const cursor = typeof saved === 'number' ? Math.max(saved, first ?? 0) : (first ?? 0)
  if (typeof saved === 'number' && cursor > saved) damage.missing(saved, cursor)
  // A cursor ahead of the log: what it passed was acked and then lost. Its numbers are not given out again.
  const next = Math.max(cursor, segments.at(-1)?.end ?? 0)
  const kept: Segment[] = []
  for (const segment of segments) {
    // Acked as a whole; the crash came between the note of that and the removal.
    if (segment.end <= cursor) await disk.unlink(segment.path).catch(ignoreMissing)
    else kept.push(segment)
  }
  return { segments: kept, cursor, next }
}

async function openSegments(disk: Disk, folder: string, damage: Damage): Promise<Segment[]> {
  const found: Segment[] = []
  for (const name of await disk.list(folder)) {
    const segment = segmentOf(folder, name)
    if (segment !== undefined && (await hasRecords(disk, segment, damage))) found.push(segment)
  }
  found.sort((left, right) => left.first - right.first)
  for (const [index, segment] of found.entries()) segment.end = found[index + 1]?.first ?? segment.end
  const last = found.at(-1)
  if (last !== undefined) {
    await settleEnd(disk, last, damage)
    if (last.bytes <= segmentHeaderBytes) {
      found.pop()
      await disk.unlink(last.path).catch(ignoreMissing)
    }
  }
  return found
}

/**
 * A segment that a crash left without a record is removed: it shares its first sequence with the one made next, and
 * which of the two comes first could not be told.
 */
async function hasRecords(disk: Disk, segment: Segment, damage: Damage): Promise<boolean> {
  const file = await disk.open(segment.path)
  try {
    segment.bytes = await file.size()
    if (segment.bytes > segmentHeaderBytes) {
      const state = checkSegmentHeader(await file.read(0, segmentHeaderBytes), segment.path)
      if (state === 'damaged')
        damage.warn(segment.path, 'the header of a segment is damaged; its name says the same')
      return true
    }
  } finally {
    await file.close()
  }
  await disk.unlink(segment.path).catch(ignoreMissing)
  return false
}

/** Finds the end of the last segment and makes all before it durable: a write that nobody was told of may be whole. */
async function settleEnd(disk: Disk, segment: Segment, damage: Damage): Promise<void> {
  const file = await disk.open(segment.path)
  try {
    const scan = new SegmentScan(file, segment)
    let found = await scan.next()
    while (found.kind !== 'end' && found.kind !== 'tail') found = await scan.next()
    segment.end = scan.expected
    if (found.kind === 'tail') {
      const total = segment.bytes
      if (found.torn) damage.torn(segment, total - found.start)
      const mayCut = found.torn || (await damage.bad(file, segment, found.start, total, 1))
      segment.bytes = found.start
      if (mayCut) await file.truncate(found.start)
    }
    await confirmed(file.sync())
  } finally {
    await file.close()
  }
}
