import type { Disk } from '../../spool/disk.ts'
import { type Segment, segmentOf } from '../../spool/segment.ts'
import { SegmentScan } from '../../spool/segment-scan.ts'

/** What lies in a spool and is not confirmed. */
export interface Waiting {
  readonly bytes: number
  /** When the oldest was appended, since the epoch; undefined where nothing waits. */
  readonly oldestAt: number | undefined
}

/**
 * Reads the one segment in which what waits begins; those behind it wait as a whole. A relay may be appending meanwhile.
 *
 * @param cursor sequence of the first record that is not confirmed
 */
export async function waitingIn(disk: Disk, folder: string, cursor: number): Promise<Waiting> {
  const segments = (await disk.list(folder))
    .flatMap((name) => segmentOf(folder, name) ?? [])
    .toSorted((one, other) => one.first - other.first)
  // Nothing waits in one whose successor begins at or below the cursor.
  const open = segments.filter(
    (_, index) => (segments[index + 1]?.first ?? Number.POSITIVE_INFINITY) > cursor,
  )
  let bytes = 0
  let oldestAt: number | undefined
  for (const segment of open) {
    const file = await disk.open(segment.path)
    try {
      const size = await file.size()
      if (oldestAt === undefined) {
        const found = await firstFrom(
          new SegmentScan(file, { ...segment, bytes: size } satisfies Segment),
          cursor,
        )
        oldestAt = found?.appendedAt
        bytes += found === undefined ? 0 : size - found.at
      } else bytes += size
    } finally {
      await file.close()
    }
  }
  return { bytes, oldestAt }
}

async function firstFrom(
  scan: SegmentScan,
  cursor: number,
): Promise<{ readonly at: number; readonly appendedAt: number } | undefined> {
  let at = 0
  for (;;) {
    const found = await scan.next()
    if (found.kind === 'end' || found.kind === 'tail') return undefined
    if (found.kind === 'record' && found.record.sequence >= cursor) {
      return { at, appendedAt: found.record.appendedAt }
    }
    at = found.end
  }
}
