import { join } from 'node:path'
import { crc32c } from './crc32c.ts'
import type { Disk } from './disk.ts'
import { confirmed, ignoreMissing } from './disk-error.ts'
import { otherVersion } from './segment.ts'

const name = 'cursor'
const temporary = 'cursor.tmp'
const magic = 'RRCU'
const version = 1
const bytes = 20

/**
 * The sequence of the first record not acked, in a file that is replaced as a whole: at every moment either the old or
 * the new one is there. A cursor that is lost or damaged costs repeats, never a record.
 */
export class CursorFile {
  readonly #disk: Disk
  readonly #folder: string

  constructor(disk: Disk, folder: string) {
    this.#disk = disk
    this.#folder = folder
  }

  /**
   * The cursor; `absent` before the first write, `damaged` where its checksum fails.
   *
   * @throws RelayError SPOOL_VERSION
   */
  async load(): Promise<number | 'absent' | 'damaged'> {
    const names = await this.#disk.list(this.#folder)
    if (!names.includes(name)) return 'absent'
    const path = join(this.#folder, name)
    const file = await this.#disk.open(path)
    try {
      return decode(await file.read(0, bytes + 1), path) ?? 'damaged'
    } finally {
      await file.close()
    }
  }

  /** Resolves when the cursor survives a power cut. */
  async save(sequence: number): Promise<void> {
    const from = join(this.#folder, temporary)
    // A file that an earlier try left behind. Replaced, not written over: it may be what `cursor` will be named after.
    await this.#disk.unlink(from).catch(ignoreMissing)
    const file = await this.#disk.create(from)
    try {
      await file.write([encode(sequence)], 0)
      await confirmed(file.sync())
    } finally {
      await file.close()
    }
    await this.#disk.rename(from, join(this.#folder, name))
    await confirmed(this.#disk.syncFolder(this.#folder))
  }
}

function encode(sequence: number): Buffer {
  const content = Buffer.alloc(bytes)
  content.write(magic, 0, 'latin1')
  content.writeUInt16BE(version, 4)
  content.writeBigUInt64BE(BigInt(sequence), 8)
  content.writeUInt32BE(crc32c(content.subarray(0, 16)), 16)
  return content
}

function decode(content: Buffer, path: string): number | undefined {
  if (content.length !== bytes || content.toString('latin1', 0, 4) !== magic) return undefined
  if (crc32c(content.subarray(0, 16)) !== content.readUInt32BE(16)) return undefined
  const found = content.readUInt16BE(4)
  if (found !== version) throw otherVersion(path, found, version)
  return Number(content.readBigUInt64BE(8))
}
