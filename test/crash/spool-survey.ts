import { readFile } from 'node:fs/promises'
import { CursorFile } from '../../src/spool/cursor-file.ts'
import { nodeDisk } from '../../src/spool/node-disk.ts'
import { type Segment, segmentOf } from '../../src/spool/segment.ts'
import { SegmentScan } from '../../src/spool/segment-scan.ts'

/**
 * Records of a spool that its cursor has not passed; changes nothing. Undefined where a file went away meanwhile, which
 * happens while a process works on the folder.
 */
export async function unackedRecords(folder: string): Promise<number | undefined> {
  try {
    const segments = await segmentsOf(folder)
    const first = segments[0]
    const last = segments.at(-1)
    if (first === undefined || last === undefined) return 0
    const saved = await new CursorFile(nodeDisk, folder).load()
    const cursor = typeof saved === 'number' ? Math.max(saved, first.first) : first.first
    return Math.max(0, (await endOf(last)) - cursor)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Where in the spool an event is, in words. */
export async function whereInSpool(folder: string): Promise<(id: string) => string> {
  const files = await Promise.all(
    (await segmentsOf(folder)).map(async ({ path }) => ({ path, bytes: await readFile(path) })),
  )
  return (id) => {
    const file = files.find(({ bytes }) => bytes.includes(id))
    return file === undefined ? 'it is not in the spool either' : `it is in ${file.path}`
  }
}

async function segmentsOf(folder: string): Promise<Segment[]> {
  const names = await nodeDisk.list(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names
    .flatMap((name) => segmentOf(folder, name) ?? [])
    .toSorted((left, right) => left.first - right.first)
}

async function endOf(segment: Segment): Promise<number> {
  const file = await nodeDisk.open(segment.path)
  try {
    segment.bytes = await file.size()
    const scan = new SegmentScan(file, segment)
    let found = await scan.next()
    while (found.kind !== 'end' && found.kind !== 'tail') found = await scan.next()
    return scan.expected
  } finally {
    await file.close()
  }
}
