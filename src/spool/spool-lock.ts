import { join } from 'node:path'
import { RelayError } from '../errors.ts'
import type { Disk } from './disk.ts'
import { hasCode, ignoreMissing } from './disk-error.ts'

const name = 'lock'
const maxTries = 5

/** The processes of this machine, as far as a lock asks about them. */
export interface Processes {
  /** Our own. */
  readonly pid: number
  isAlive(pid: number): boolean
  /** Differs between two processes that had one pid after another; undefined where the system does not tell. */
  startedAt(pid: number): string | undefined
}

/**
 * Keeps a second process out of a spool folder. The file holds pid and start time of its owner; one whose owner is gone
 * (kill -9, power cut) is taken over. A pid alone would not do: in a container the successor often has the same.
 */
export class SpoolLock {
  readonly #disk: Disk
  readonly #path: string

  private constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** @throws RelayError SPOOL_LOCKED when a living process holds it */
  static async take(disk: Disk, folder: string, processes: Processes): Promise<SpoolLock> {
    const path = join(folder, name)
    const own = join(folder, `${name}.${processes.pid}`)
    const text = `${processes.pid} ${processes.startedAt(processes.pid) ?? ''}\n`
    await disk.unlink(own).catch(ignoreMissing)
    await write(disk, own, text)
    try {
      for (let tries = 0; tries < maxTries; tries++) {
        if (await linked(disk, own, path)) return new SpoolLock(disk, path)
        const holder = await readText(disk, path)
        if (holder === undefined) continue
        if (isHeld(holder, processes)) throw locked(folder, holder)
        await putAside(disk, path, `${own}.stale`, holder)
      }
    } finally {
      await disk.unlink(own).catch(ignoreMissing)
    }
    throw locked(folder, (await readText(disk, path)) ?? '')
  }

  async release(): Promise<void> {
    await this.#disk.unlink(this.#path).catch(ignoreMissing)
  }
}

/** The lock is written aside and then linked: whoever sees it sees all of it, and of two that link one fails. */
async function linked(disk: Disk, from: string, to: string): Promise<boolean> {
  try {
    await disk.link(from, to)
    return true
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false
    throw error
  }
}

/**
 * Takes a stale lock away. Between our reading and our rename another process may have taken it over, and then the
 * rename caught a living lock: that one is given its name back.
 */
async function putAside(disk: Disk, path: string, aside: string, stale: string): Promise<void> {
  try {
    await disk.rename(path, aside)
  } catch (error) {
    ignoreMissing(error)
    return
  }
  if ((await readText(disk, aside)) !== stale) await linked(disk, aside, path)
  await disk.unlink(aside).catch(ignoreMissing)
}

function isHeld(text: string, processes: Processes): boolean {
  const [pidText = '', started = ''] = text.trim().split(' ')
  const pid = Number(pidText)
  // Not a lock that we wrote: a power cut took its bytes, and with it the process.
  if (!Number.isSafeInteger(pid) || pid <= 0) return false
  if (!processes.isAlive(pid)) return false
  const now = processes.startedAt(pid)
  return started === '' || now === undefined || started === now
}

function locked(folder: string, holder: string): RelayError {
  const pid = holder.split(' ')[0]
  return new RelayError('SPOOL_LOCKED', `the spool ${folder} is in use by process ${pid}`, {
    facts: { folder, pid },
  })
}

async function write(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.create(path)
  try {
    await file.write([Buffer.from(text)], 0)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function readText(disk: Disk, path: string): Promise<string | undefined> {
  try {
    const file = await disk.open(path)
    try {
      return (await file.read(0, 256)).toString()
    } finally {
      await file.close()
    }
  } catch (error) {
    ignoreMissing(error)
    return undefined
  }
}
