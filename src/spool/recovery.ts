import type { CursorFile } from './cursor-file.ts'
import type { Damage } from './damage.ts'
import type { Disk } from './disk.ts'
import { confirmed, ignoreMissing } from './disk-error.ts'
import { checkSegmentHeader, type Segment, segmentHeaderBytes, segmentOf } from './segment.ts'
import { SegmentScan } from './segment-scan.ts'

export interface Recovered {
  /** In order; the first of them may be acked as a whole. */
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
  // Every version is known before anything is changed: a spool of a newer version stays as it is.
  const saved = await cursorFile.load()
  const segments = await openSegments(disk, folder, damage)
  if (saved === 'damaged')
    damage.warn(folder, 'the cursor of the spool is damaged: records may be sent again')
  const first = segments[0]?.first
  const cursor = typeof saved === 'number' ? Math.max(saved, first ?? 0) : (first ?? 0)
  if (typeof saved === 'number' && cursor > saved) damage.missing(saved, cursor)
  // A cursor ahead of the log: what it passed was acked and then lost. Its numbers are not given out again.
  const next = Math.max(cursor, segments.at(-1)?.end ?? 0)
  // A process that was killed may have left names and a cursor that only memory knows. What is built on them, the removal
  // of acked segments first of all, must not get to the disk before them.
  await confirmed(disk.syncFolder(folder))
  return { segments, cursor, next }
}

async function openSegments(disk: Disk, folder: string, damage: Damage): Promise<Segment[]> {
  const named = (await disk.list(folder)).flatMap((name) => segmentOf(folder, name) ?? [])
  for (const segment of named) await readHeader(disk, segment, damage)
  const found = named.filter(({ bytes }) => bytes > segmentHeaderBytes)
  // A segment that a crash left without a record shares its first sequence with the one made next, and which of the two
  // comes first could not be told.
  for (const segment of named) {
    if (segment.bytes <= segmentHeaderBytes) await disk.unlink(segment.path).catch(ignoreMissing)
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

async function readHeader(disk: Disk, segment: Segment, damage: Damage): Promise<void> {
  const file = await disk.open(segment.path)
  try {
    segment.bytes = await file.size()
    const state = checkSegmentHeader(await file.read(0, segmentHeaderBytes), segment.path)
    if (state === 'damaged' && segment.bytes > segmentHeaderBytes)
      damage.warn(segment.path, 'the header of a segment is damaged; its name says the same')
  } finally {
    await file.close()
  }
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
