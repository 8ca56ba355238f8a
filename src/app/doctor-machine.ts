import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readFile, stat, statfs, unlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import process from 'node:process'
import type { DiskSpace, MachineEntry, MachinePort, SpecialFileSystem } from '../operations/doctor/machine.ts'
import { codeOf } from '../operations/doctor/trouble.ts'

/** By the numbers that Linux gives file systems. */
const specials: ReadonlyMap<number, SpecialFileSystem> = new Map([
  [0x0102_1994, 'tmpfs'],
  [0x8584_58f6, 'ramfs'],
  [0x794c_7630, 'overlay'],
  [0x6969, 'nfs'],
  [0x517b, 'smb'],
  [0xfe53_4d42, 'smb'],
  [0xff53_4d42, 'cifs'],
  [0x0102_1997, '9p'],
  [0x00c3_6400, 'ceph'],
  [0x6573_5546, 'fuse'],
])

/** An answer of a relay is some kilobytes. */
const askMs = 2_000

/** The machine that this process runs on. */
export const thisMachine: MachinePort = {
  nodeVersion: process.version,
  uid: process.geteuid?.(),

  async openFilesLimit() {
    const limits = await readOptional('/proc/self/limits')
    const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1]
    if (soft === undefined) return undefined
    return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft)
  },

  async inspect(path) {
    try {
      const stats = await stat(path)
      const entry: MachineEntry = {
        uid: stats.uid,
      }
      return entry
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined
      throw error
    }
  },

  async space(folder) {
    const { bavail, bsize, type } = await statfs(folder)
    const space: DiskSpace = { freeBytes: bavail * bsize, special: specials.get(type) }
    return space
  },

  async syncTimes(folder, appends, bytes) {
    const path = join(folder, `.doctor-${randomUUID()}`)
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600)
    try {
      // Without its name the file ends with this process, also where that is killed.
      await unlink(path)
      const content = Buffer.alloc(bytes)
      const times: number[] = []
      for (let append = 0; append < appends; append += 1) {
        const began = performance.now()
        await file.write(content, 0, bytes, append * bytes)
        await file.datasync()
        times.push(performance.now() - began)
      }
      return times
    } finally {
      await file.close()
    }
  },

  readText: readOptional,

  tryListening(host, port) {
    const server = createServer((socket) => socket.destroy())
    return new Promise((resolve) => {
      server.once('error', (error) => resolve(codeOf(error) ?? error.message))
      server.listen({ host, port }, () => server.close(() => resolve('free')))
    })
  },

  async ask(url) {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(askMs), redirect: 'error' })
      return { status: answer.status, body: await answer.text() }
    } catch {
      return undefined
    }
  },
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}
