import { dirname, join } from 'node:path'
import type { SpoolConfig } from '../../config/config.ts'
import { CursorFile } from '../../spool/cursor-file.ts'
import type { Disk } from '../../spool/disk.ts'
import { checkFolder, folderProblem } from '../../spool/spool-folder.ts'
import { isHeld, type Processes } from '../../spool/spool-lock.ts'
import { sizeText } from '../size-text.ts'
import { type Check, failure, note, ok, type Seen, warning } from './check.ts'
import { durationText } from './clock-check.ts'
import { diskSeen } from './disk-check.ts'
import type { MachinePort } from './machine.ts'
import { type Waiting, waitingIn } from './waiting.ts'

export interface SpoolChecksOptions {
  readonly spool: SpoolConfig
  /** A sync that takes longer makes the 2xx late. */
  readonly ackBudgetMs: number
  readonly disk: Disk
  readonly processes: Processes
  readonly machine: MachinePort
  readonly now: () => number
}

/** The folder that holds what is acknowledged and not yet in Kafka. Files of the spool are read and never written. */
export function spoolChecks(options: SpoolChecksOptions): readonly Check[] {
  return [
    {
      ...{ name: 'spool folder', part: 'spool', otherwise: 'the spool folder cannot be used' },
      run: () => folderSeen(options),
    },
    {
      ...{ name: 'spool disk', part: 'spool', needs: 'spool folder', otherwise: 'the disk is not known' },
      run: () => diskSeen(options),
    },
    {
      ...{
        name: 'spool content',
        part: 'spool',
        needs: 'spool folder',
        otherwise: 'the content is not known',
      },
      run: () => contentSeen(options),
    },
  ]
}

async function folderSeen({ spool, disk, processes, machine }: SpoolChecksOptions): Promise<readonly Seen[]> {
  const { folder } = spool
  const entry = await machine.inspect(folder).catch((error: unknown) => {
    throw folderProblem(folder, error) ?? error
  })
  if (entry === undefined) return [note(`${folder} does not exist yet; the gateway makes it when it starts`)]
  if (machine.uid === 0 && entry.uid !== 0) {
    return [
      warning(
        `${folder} belongs to the user ${entry.uid}, and this command runs as root: whether the relay may write there is not known`,
        `run it as the user of the relay: sudo -u '#${entry.uid}' registry-relay doctor`,
      ),
    ]
  }
  await checkFolder(disk, folder)
  const lock = await machine.readText(join(folder, 'lock'))
  if (lock === undefined || !isHeld(lock, processes)) {
    return [ok(`${folder} is ours alone, and no relay has it open`)]
  }
  return [ok(`${folder} is ours alone`), note(`a relay has it open: process ${lock.trim().split(' ')[0]}`)]
}

async function contentSeen({ spool, disk, machine, now }: SpoolChecksOptions): Promise<readonly Seen[]> {
  const { folder } = spool
  if ((await machine.inspect(folder)) === undefined) return [ok('nothing waits: the spool is new')]
  const names = await disk.list(folder)
  const cursor = await new CursorFile(disk, folder).load()
  const waiting = await waitingIn(disk, folder, typeof cursor === 'number' ? cursor : 0)
  const bad = names.filter((name) => name.endsWith('.bad'))
  return [
    waitingSeen(waiting, spool, now()),
    ...(cursor === 'damaged'
      ? [
          warning(
            'the note of what Kafka has is damaged: what lies in the spool is published again',
            `look at the disk of ${dirname(folder)} (kernel log); consumers see repeats, and nothing is lost`,
          ),
        ]
      : []),
    ...(bad.length === 0
      ? []
      : [
          warning(
            `the disk damaged records; what is left of them is in ${bad.length} .bad file${bad.length === 1 ? '' : 's'}`,
            `look at the disk (kernel log) and at ${join(folder, bad[0] ?? '')}; delete the files when they are of no use`,
          ),
        ]),
  ]
}

function waitingSeen({ bytes, oldestAt }: Waiting, { maxBytes, warnAgeMs }: SpoolConfig, now: number): Seen {
  if (oldestAt === undefined) return ok('nothing waits for Kafka')
  const ageMs = Math.max(0, now - oldestAt)
  const share = Math.round((100 * bytes) / maxBytes)
  const text = `${sizeText(bytes)} wait for Kafka, ${share} % of spool.maxBytes, the oldest for ${durationText(ageMs)}`
  if (share < 50 && ageMs < warnAgeMs) return ok(text)
  const todo =
    'see why Kafka takes nothing (above, and /readyz); when the spool is full, posts are answered 503. With no relay running, start one'
  return share < 95 ? warning(text, todo) : failure(text, todo)
}
