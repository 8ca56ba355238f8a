import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { Random } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Disk } from './disk.ts'
import { hasCode, ignoreMissing } from './disk-error.ts'

const name = 'lock'
const successorPattern = /^lock\.after-[0-9a-f]+$/
const candidatePattern = /^lock\.(\d+)-[0-9a-f]+$/
const maxTries = 20
/** Heirs that died one after the other; more than this is nothing that processes of ours did. */
const maxHeirs = 1_000

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
 *
 * A stale lock cannot be removed by whoever finds it stale: between the reading and the removing another process may
 * have done the same and hold a lock under that name. So the heir links its own lock as the successor of that content,
 * which one process alone can do. A heir that died on the way has an heir in the same manner. Then it replaces the stale
 * lock, and only after that removes the successors: who links one of these names again sees the replaced lock and yields.
 */
export class SpoolLock {
  readonly #disk: Disk
  readonly #path: string

  private constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** @throws RelayError SPOOL_LOCKED when a living process holds it */
  static async take(disk: Disk, folder: string, processes: Processes, random: Random): Promise<SpoolLock> {
    const path = join(folder, name)
    // Not by the pid alone: one process may open the folder twice at the same time.
    const own = `${path}.${processes.pid}-${Math.floor(random() * 2 ** 32).toString(16)}`
    await write(disk, own, `${processes.pid} ${processes.startedAt(processes.pid) ?? ''}\n`)
    try {
      for (let tries = 0; tries < maxTries; tries++) {
        if ((await linked(disk, own, path)) || (await inherited(disk, folder, own, processes))) {
          await removeLeftovers(disk, folder, processes)
          return new SpoolLock(disk, path)
        }
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

/** True when the stale lock is replaced by ours; false when things moved meanwhile and all is to be looked at again. */
async function inherited(disk: Disk, folder: string, own: string, processes: Processes): Promise<boolean> {
  const path = join(folder, name)
  const stale = await readText(disk, path)
  if (stale === undefined) return false
  let holder: string | undefined = stale
  let heir = path
  for (let heirs = 0; holder !== undefined; heirs++) {
    if (isHeld(holder, processes) || heirs > maxHeirs) throw locked(folder, holder)
    heir = successorOf(path, holder)
    holder = await readText(disk, heir)
  }
  if (!(await linked(disk, own, heir))) return false
  if ((await readText(disk, path)) !== stale) {
    await disk.unlink(heir).catch(ignoreMissing)
    return false
  }
  await disk.rename(heir, path)
  return true
}

function successorOf(path: string, content: string): string {
  return `${path}.after-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`
}

/** For the owner alone. Candidates of living processes stay: they are about to find the lock taken. */
async function removeLeftovers(disk: Disk, folder: string, processes: Processes): Promise<void> {
  for (const entry of await disk.list(folder)) {
    const pid = candidatePattern.exec(entry)?.[1]
    const isLeft = pid === undefined ? successorPattern.test(entry) : !processes.isAlive(Number(pid))
    if (isLeft) await disk.unlink(join(folder, entry)).catch(ignoreMissing)
  }
}

/** Whether the content of a lock names a process that lives. */
export function isHeld(text: string, processes: Processes): boolean {
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
