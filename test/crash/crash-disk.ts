import { basename } from 'node:path'
import type { Disk, DiskFile } from '../../src/spool/disk.ts'
import type { CrashPoints } from './crash-points.ts'

/** The disk of the spool, with the points of a log: records written, synced, the cursor moved, a segment removed. */
export function crashDisk(inner: Disk, points: CrashPoints): Disk {
  const watched = (path: string, file: DiskFile): DiskFile =>
    path.endsWith('.segment') ? new CrashSegment(file, points) : file
  return {
    create: async (path) => watched(path, await inner.create(path)),
    open: async (path) => watched(path, await inner.open(path)),
    makeFolder: (path) => inner.makeFolder(path),
    list: (folder) => inner.list(folder),
    inspect: (path) => inner.inspect(path),
    async rename(from, to) {
      if (basename(to) !== 'cursor') return inner.rename(from, to)
      points.passes('spool.marked:before')
      await inner.rename(from, to)
      points.passes('spool.marked:after')
    },
    link: (from, to) => inner.link(from, to),
    async unlink(path) {
      if (!path.endsWith('.segment')) return inner.unlink(path)
      points.passes('segment.deleted:before')
      await inner.unlink(path)
      points.passes('segment.deleted:after')
    },
    syncFolder: (folder) => inner.syncFolder(folder),
  }
}

class CrashSegment implements DiskFile {
  readonly #inner: DiskFile
  readonly #points: CrashPoints
  /** Records were written that are not synced; the header of a new segment is none. */
  #unsynced = false

  constructor(inner: DiskFile, points: CrashPoints) {
    this.#inner = inner
    this.#points = points
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    if (position === 0) return this.#inner.write(buffers, position)
    this.#points.passes('spool.appended:before')
    if (this.#points.isNext('spool.appended:during')) {
      const bytes = Buffer.concat(buffers)
      await this.#inner.write([bytes.subarray(0, bytes.length >> 1)], position)
    }
    this.#points.passes('spool.appended:during')
    await this.#inner.write(buffers, position)
    this.#unsynced = true
    this.#points.passes('spool.appended:after')
  }

  async sync(): Promise<void> {
    if (!this.#unsynced) return this.#inner.sync()
    this.#points.passes('spool.fsynced:before')
    await this.#inner.sync()
    this.#unsynced = false
    this.#points.passes('spool.fsynced:after')
  }

  read(position: number, length: number): Promise<Buffer> {
    return this.#inner.read(position, length)
  }

  size(): Promise<number> {
    return this.#inner.size()
  }

  truncate(size: number): Promise<void> {
    return this.#inner.truncate(size)
  }

  close(): Promise<void> {
    return this.#inner.close()
  }
}
