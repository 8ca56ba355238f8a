import { dirname } from 'node:path'
import type { SpoolConfig } from '../../config/config.ts'
import { folderProblem } from '../../spool/spool-folder.ts'
import { sizeText } from '../size-text.ts'
import { failure, note, ok, type Seen, warning } from './check.ts'
import type { DiskSpace, MachinePort, SpecialFileSystem } from './machine.ts'
import { codeOf, oneLine } from './trouble.ts'

const appends = 50
const appendBytes = 4 * 1024

export interface DiskCheckOptions {
  readonly spool: Pick<SpoolConfig, 'folder' | 'maxBytes'>
  readonly ackBudgetMs: number
  readonly machine: MachinePort
}

/** Why what was synced there may be gone, or not be synced at all. */
const specials: Readonly<Record<SpecialFileSystem, string>> = {
  tmpfs: 'memory: a restart of the machine takes what was acknowledged with it',
  ramfs: 'memory: a restart of the machine takes what was acknowledged with it',
  overlay: 'the layer of a container: it goes with the container, and what was acknowledged with it',
  nfs: 'another machine: every post waits for the network, and locks and syncs are only as good as that server',
  smb: 'another machine: every post waits for the network, and locks and syncs are only as good as that server',
  cifs: 'another machine: every post waits for the network, and locks and syncs are only as good as that server',
  ceph: 'other machines: every post waits for the network',
  '9p': 'a folder of the host of this virtual machine: whether a sync reaches a disk is up to it',
  fuse: 'a program: whether a sync reaches a disk is up to it',
}

/** Free space, kind of file system, and how long a sync takes; where the folder is missing, those of the one that it will be in. */
export async function diskSeen({ spool, ackBudgetMs, machine }: DiskCheckOptions): Promise<readonly Seen[]> {
  const folder = await existing(spool.folder, machine)
  const space = await machine.space(folder)
  return [
    ...spaceSeen(folder, space, spool.maxBytes),
    ...(space.special === undefined
      ? []
      : [
          warning(
            `${folder} is on ${space.special}, ${specials[space.special]}`,
            'give spool.folder a place on a local disk, or a volume that outlives the container',
          ),
        ]),
    ...(space.freeBytes === 0 ? [] : [await syncSeen(folder, ackBudgetMs, machine)]),
  ]
}

async function existing(folder: string, machine: MachinePort): Promise<string> {
  let found = folder
  while (found !== dirname(found) && (await machine.inspect(found)) === undefined) found = dirname(found)
  return found
}

function spaceSeen(folder: string, { freeBytes }: DiskSpace, maxBytes: number): readonly Seen[] {
  if (freeBytes === 0) {
    return [failure(`${folder}: the disk is full; posts are answered 503`, 'free space on that disk')]
  }
  if (freeBytes >= maxBytes) return [ok(`${folder}: ${sizeText(freeBytes)} free`)]
  return [
    warning(
      `${folder}: ${sizeText(freeBytes)} free, and the spool may grow to ${sizeText(maxBytes)} (spool.maxBytes): the disk is full before`,
      'free space there, or lower spool.maxBytes; what lies in the spool by now counts',
    ),
  ]
}

async function syncSeen(folder: string, ackBudgetMs: number, machine: MachinePort): Promise<Seen> {
  let times: readonly number[]
  try {
    times = (await machine.syncTimes(folder, appends, appendBytes)).toSorted((a, b) => a - b)
  } catch (error) {
    if (codeOf(error) === 'ENOSPC') {
      return failure(`${folder}: the disk is full; posts are answered 503`, 'free space on that disk')
    }
    const known = folderProblem(folder, error)
    const why = oneLine(error instanceof Error ? error.message : String(error))
    return known === undefined
      ? failure(`${folder}: writing fails: ${why}`, 'look at the disk and its file system (kernel log)')
      : failure(
          `${folder} cannot be written to by this user: ${why}`,
          'run this as the user of the relay; if it is, give that user the folder (chown), mode 0700',
        )
  }
  const at = (share: number): number =>
    times[Math.min(times.length - 1, Math.floor(share * times.length))] ?? 0
  const text = `an append that survives a power cut takes ${msText(at(0.5))}, the slowest of ${times.length} ${msText(at(1))}`
  if (at(1) >= ackBudgetMs) {
    return warning(
      `${text}: above the ${ackBudgetMs} ms of gateway.ackBudgetMs, after which a post is answered 503`,
      'use a faster disk for spool.folder; look for what else writes to this one (iostat -x 1)',
    )
  }
  return at(0.5) >= ackBudgetMs / 10 ? note(`${text}: slow for a local disk`) : ok(text)
}

function msText(ms: number): string {
  return ms < 10 ? `${Number(ms.toFixed(1))} ms` : `${Math.round(ms)} ms`
}
