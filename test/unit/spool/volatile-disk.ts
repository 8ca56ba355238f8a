import { basename } from 'node:path'
import type { Disk, DiskFile } from '../../../src/spool/disk.ts'

interface Inode {
  live: Buffer
  durable: Buffer
}

/** A disk of one folder where nothing survives {@link crash} for sure but what was synced, names included. */
export class VolatileDisk implements Disk {
  #names = new Map<string, Inode>()
  #durableNames = new Map<string, Inode>()

  /** For each name and each file `chance` decides how much of what was not synced got to the disk. */
  crash(chance: () => number): void {
    const survivors = new Map<string, Inode>()
    for (const name of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const inode = (chance() < 0.5 ? this.#names : this.#durableNames).get(name)
      if (inode !== undefined) survivors.set(name, inode)
    }
    for (const inode of new Set(survivors.values())) {
      const { live, durable } = inode
      const grown = Math.floor(chance() * (live.length - durable.length + 1))
      inode.durable = Buffer.concat([
        durable,
        live.subarray(durable.length, durable.length + Math.max(0, grown)),
      ])
      inode.live = Buffer.from(inode.durable)
    }
    this.#names = survivors
    this.#durableNames = new Map(survivors)
  }

  async create(path: string): Promise<DiskFile> {
    if (this.#names.has(basename(path))) throw failure('EEXIST')
    const inode = { live: Buffer.alloc(0), durable: Buffer.alloc(0) }
    this.#names.set(basename(path), inode)
    return fileOf(inode)
  }
  async open(path: string): Promise<DiskFile> {
    return fileOf(this.#inode(path))
  }
  async makeFolder(): Promise<void> {}
  async list(): Promise<readonly string[]> {
    return [...this.#names.keys()]
  }
  async rename(from: string, to: string): Promise<void> {
    this.#names.set(basename(to), this.#inode(from))
    this.#names.delete(basename(from))
  }
  async link(from: string, to: string): Promise<void> {
    if (this.#names.has(basename(to))) throw failure('EEXIST')
    this.#names.set(basename(to), this.#inode(from))
  }
  async unlink(path: string): Promise<void> {
    this.#inode(path)
    this.#names.delete(basename(path))
  }
  async syncFolder(): Promise<void> {
    this.#durableNames = new Map(this.#names)
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(basename(path))
    if (inode === undefined) throw failure('ENOENT')
    return inode
  }
}

function failure(code: string): Error {
  return Object.assign(new Error(code), { code })
}

function fileOf(inode: Inode): DiskFile {
  return {
    async write(buffers, position) {
      inode.live = Buffer.concat([inode.live.subarray(0, position), ...buffers])
    },
    read: async (position, length) => Buffer.from(inode.live.subarray(position, position + length)),
    size: async () => inode.live.length,
    async truncate(size) {
      inode.live = Buffer.from(inode.live.subarray(0, size))
    },
    async sync() {
      inode.durable = Buffer.from(inode.live)
    },
    async close() {},
  }
}
