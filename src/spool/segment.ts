import { join } from 'node:path'
import { RelayError } from '../errors.ts'
import { crc32c } from './crc32c.ts'
import type { Disk, DiskFile } from './disk.ts'
import { confirmed, ignoreMissing } from './disk-error.ts'

/** Bytes before the first record. */
export const segmentHeaderBytes = 32

const magic = Buffer.from('RRSPOOL\0', 'latin1')
const version = 1
const namePattern = /^(\d{16})-([0-9a-f]{8})\.segment$/

/** One file of the log: records of consecutive sequences. */
export interface Segment {
  readonly path: string
  /** Sequence of its first record. */
  readonly first: number
  /** Begins every checksum of the segment, see `encodeFrameHeader`. */
  readonly salt: number
  /** Bytes that are durable; records are read up to here. */
  bytes: number
  /** Sequence after its last record. */
  end: number
  /** Nothing is appended to it any more. */
  sealed: boolean
}

/** A segment by the name of its file, or undefined where it is another file. */
export function segmentOf(folder: string, name: string): Segment | undefined {
  const [, first, salt] = namePattern.exec(name) ?? []
  if (first === undefined || salt === undefined) return undefined
  const sequence = Number(first)
  return {
    path: join(folder, name),
    first: sequence,
    salt: Number.parseInt(salt, 16),
    bytes: 0,
    end: sequence,
    sealed: true,
  }
}

/**
 * Makes a segment; when this resolves, its header and its name survive a power cut. First and salt are in the name as
 * well: a damaged header then costs no record.
 */
export async function createSegment(
  disk: Disk,
  folder: string,
  first: number,
  salt: number,
): Promise<{ segment: Segment; file: DiskFile }> {
  const name = `${String(first).padStart(16, '0')}-${salt.toString(16).padStart(8, '0')}.segment`
  const path = join(folder, name)
  const file = await disk.create(path)
  try {
    await file.write([encodeHeader(first, salt)], 0)
    await confirmed(file.sync())
    await confirmed(disk.syncFolder(folder))
  } catch (error) {
    await file.close()
    // With no space left the empty file would stand in the way of the next try at the same sequence.
    await disk.unlink(path).catch(ignoreMissing)
    throw error
  }
  return { segment: { path, first, salt, bytes: segmentHeaderBytes, end: first, sealed: false }, file }
}

/**
 * Whether the header is whole; a damaged one is the caller's to report.
 *
 * @throws RelayError SPOOL_VERSION for a segment that a newer version wrote
 */
export function checkSegmentHeader(bytes: Buffer, path: string): 'whole' | 'damaged' {
  if (bytes.length < segmentHeaderBytes || !bytes.subarray(0, 8).equals(magic)) return 'damaged'
  if (crc32c(bytes.subarray(0, 28)) !== bytes.readUInt32BE(28)) return 'damaged'
  const found = bytes.readUInt16BE(8)
  if (found === version) return 'whole'
  throw otherVersion(path, found, version)
}

/** The error for a file that another version of this program wrote. */
export function otherVersion(path: string, found: number, reads: number): RelayError {
  return new RelayError(
    'SPOOL_VERSION',
    `${path} has version ${found} of the spool format, this program reads ${reads}: let the one that wrote it drain it`,
    { facts: { path, found, reads } },
  )
}

function encodeHeader(first: number, salt: number): Buffer {
  const header = Buffer.alloc(segmentHeaderBytes)
  magic.copy(header)
  header.writeUInt16BE(version, 8)
  header.writeUInt16BE(segmentHeaderBytes, 10)
  header.writeUInt32BE(salt, 12)
  header.writeBigUInt64BE(BigInt(first), 16)
  header.writeUInt32BE(crc32c(header.subarray(0, 28)), 28)
  return header
}
