import { basename } from 'node:path'
import { toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'
import type { Disk, DiskFile } from './disk.ts'
import { hasCode } from './disk-error.ts'
import { decodeFrameHeader, frameHeaderBytes } from './record-frame.ts'
import { type Segment, segmentHeaderBytes } from './segment.ts'
import { SegmentScan } from './segment-scan.ts'
import type { RecentLimits, SpooledRecord } from './spool.ts'

/**
 * The newest records of `segments`, in order. Goes back from the newest segment only as far as the limits ask, with one
 * small read for each: a spool of ten gigabytes is not read through for the last minute of it.
 */
export async function* recentRecords(
  disk: Disk,
  segments: readonly Segment[],
  { sinceMs, records }: RecentLimits,
  logger: Logger,
): AsyncGenerator<SpooledRecord, void, undefined> {
  // Copies: what is appended meanwhile is not of the past.
  const snapshot = segments.map((segment) => ({ ...segment }))
  const from = (snapshot.at(-1)?.end ?? 0) - records
  const wanted: Segment[] = []
  for (const segment of snapshot.toReversed()) {
    if (segment.end <= from) break
    wanted.unshift(segment)
    if (await beginsBefore(disk, segment, sinceMs, logger)) break
  }
  for (const segment of wanted) {
    const file = await opened(disk, segment, logger)
    if (file === undefined) continue
    try {
      for await (const record of wholeRecords(new SegmentScan(file, segment), segment, logger)) {
        const isIn = record.sequence >= from && record.sequence < segment.end
        if (isIn && record.appendedAt >= sinceMs) yield record
      }
    } finally {
      await file.close()
    }
  }
}

async function* wholeRecords(
  scan: SegmentScan,
  segment: Segment,
  logger: Logger,
): AsyncGenerator<SpooledRecord, void, undefined> {
  while (true) {
    const found = await scan.next().catch((error: unknown) => unreadable(segment, error, logger))
    if (found === undefined || found.kind === 'end' || found.kind === 'tail') return
    if (found.kind === 'record') yield found.record
  }
}

/** Whether its first record is older than `sinceMs`; a damaged one does not tell, and then the segment before is asked. */
async function beginsBefore(disk: Disk, segment: Segment, sinceMs: number, logger: Logger): Promise<boolean> {
  const file = await opened(disk, segment, logger)
  if (file === undefined) return false
  try {
    const bytes = await file.read(segmentHeaderBytes, frameHeaderBytes)
    const header = decodeFrameHeader(bytes, 0, segment.salt)
    return header !== undefined && header.appendedAt < sinceMs
  } catch (error) {
    unreadable(segment, error, logger)
    return false
  } finally {
    await file.close()
  }
}

async function opened(disk: Disk, segment: Segment, logger: Logger): Promise<DiskFile | undefined> {
  return disk.open(segment.path).catch((error: unknown) => unreadable(segment, error, logger))
}

/** Memory of the past is worth less than a start: a segment that cannot be read shortens it, and the log says so. */
function unreadable(segment: Segment, error: unknown, logger: Logger): undefined {
  // Acked, and given up for space while we were on the way to it.
  if (hasCode(error, 'ENOENT')) return
  logger.warn(
    { segment: basename(segment.path), err: toError(error) },
    'a segment of the spool could not be read for its recent records; they are left out',
  )
}
