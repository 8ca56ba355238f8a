import { constants } from 'node:fs'
import { type FileHandle, link, lstat, mkdir, open, readdir, rename, unlink } from 'node:fs/promises'
import { dirname } from 'node:path'
import { geteuid } from 'node:process'
import type { Disk, DiskEntry, DiskFile } from './disk.ts'

/** `writev` takes at most IOV_MAX (1,024) buffers on Linux. */
const maxBuffers = 1_024

/** The real disk, by node:fs. */
export const nodeDisk: Disk = {
  async create(path) {
    return new NodeFile(await open(path, 'wx+', 0o600))
  },
  async open(path) {
    return new NodeFile(await open(path, constants.O_RDWR | constants.O_NOFOLLOW))
  },
  async makeFolder(path) {
    const first = await mkdir(path, { recursive: true, mode: 0o700 })
    if (first === undefined) return
    // Each new folder is a name in the one above it, which a power cut takes away unless that one is synced too.
    for (let made = path; ; made = dirname(made)) {
      await syncFolder(dirname(made))
      if (made === first || made === dirname(made)) return
    }
  },
  inspect,
  list: (folder) => readdir(folder),
  rename,
  link,
  unlink,
  syncFolder,
}

class NodeFile implements DiskFile {
  readonly #handle: FileHandle

  constructor(handle: FileHandle) {
    this.#handle = handle
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    let at = position
    let waiting = buffers.filter((buffer) => buffer.length > 0)
    while (waiting.length > 0) {
      const { bytesWritten } = await this.#handle.writev(waiting.slice(0, maxBuffers), at)
      at += bytesWritten
      waiting = after(waiting, bytesWritten)
    }
  }

  async read(position: number, length: number): Promise<Buffer> {
    const bytes = Buffer.allocUnsafe(length)
    let filled = 0
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(bytes, filled, length - filled, position + filled)
      if (bytesRead === 0) break
      filled += bytesRead
    }
    return bytes.subarray(0, filled)
  }

  async size(): Promise<number> {
    return (await this.#handle.stat()).size
  }

  truncate(size: number): Promise<void> {
    return this.#handle.truncate(size)
  }

  sync(): Promise<void> {
    return this.#handle.datasync()
  }

  close(): Promise<void> {
    return this.#handle.close()
  }
}

/** What is left of `buffers` when their first `written` bytes are done: the kernel may take fewer than it was given. */
function after(buffers: Uint8Array[], written: number): Uint8Array[] {
  let left = written
  for (const [index, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(index + 1)]
    left -= buffer.length
  }
  return []
}

async function inspect(path: string): Promise<DiskEntry> {
  const stats = await lstat(path)
  const isLink = stats.isSymbolicLink()
  const kind = stats.isDirectory() ? 'folder' : stats.isFile() ? 'file' : isLink ? 'symbolic link' : undefined
  return {
    kind: kind ?? 'device or socket',
    mode: stats.mode & 0o7777,
    // Systems without user ids (Windows) say nothing about it.
    isOurs: geteuid === undefined || stats.uid === geteuid(),
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
