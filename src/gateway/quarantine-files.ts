import { join } from 'node:path'
import type { Disk } from '../spool/disk.ts'

export interface QuarantineFilesOptions {
  readonly folder: string
  readonly disk: Disk
  /** Bytes of all files; beyond it nothing more is kept. They are the operator's to look at and to delete. */
  readonly maxBytes: number
}

/** A folder of bodies that are too large for a topic, one file each, readable for this user alone. */
export class QuarantineFiles {
  readonly #options: QuarantineFilesOptions
  #ready = false
  #last: Promise<unknown> = Promise.resolve()

  constructor(options: QuarantineFilesOptions) {
    this.#options = options
  }

  /**
   * Keeps `content`, durably, and resolves with the name of its file; undefined where there is no room. The same name
   * twice is the same content, from before a crash.
   */
  keep(name: string, content: Buffer): Promise<string | undefined> {
    // One after the other: two that count the bytes at once would both find room for the last of it.
    const kept = this.#last.then(() => this.#keep(name, content))
    this.#last = kept.catch(() => undefined)
    return kept
  }

  async #keep(name: string, content: Buffer): Promise<string | undefined> {
    const { disk, folder, maxBytes } = this.#options
    if (!this.#ready) await disk.makeFolder(folder)
    this.#ready = true
    const names = await disk.list(folder)
    if (names.includes(name)) return name
    const unfinished = `${name}.part`
    if (names.includes(unfinished)) await disk.unlink(join(folder, unfinished))
    const others = names.filter((other) => other !== unfinished)
    if ((await this.#bytes(others)) + content.length > maxBytes) return undefined
    await this.#write(join(folder, unfinished), content)
    await disk.rename(join(folder, unfinished), join(folder, name))
    await disk.syncFolder(folder)
    return name
  }

  async #write(path: string, content: Buffer): Promise<void> {
    const { disk } = this.#options
    const file = await disk.create(path)
    try {
      await file.write([content], 0)
      await file.sync()
    } catch (error) {
      // A disk that is full must not stay so for half of something that is not kept.
      await disk.unlink(path).catch(() => undefined)
      throw error
    } finally {
      await file.close()
    }
  }

  /** Counted anew each time: somebody may have made room. These are few, and rare. */
  async #bytes(names: readonly string[]): Promise<number> {
    let bytes = 0
    for (const name of names) bytes += await this.#size(name)
    return bytes
  }

  async #size(name: string): Promise<number> {
    const { disk, folder } = this.#options
    try {
      const file = await disk.open(join(folder, name))
      try {
        return await file.size()
      } finally {
        await file.close()
      }
    } catch (error) {
      // Deleted a moment ago.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0
      throw error
    }
  }
}
