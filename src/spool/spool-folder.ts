import { join } from 'node:path'
import { RelayError, toError } from '../errors.ts'
import type { Disk, DiskEntry } from './disk.ts'
import { hasCode } from './disk-error.ts'

const ownNames = /^(cursor|cursor\.tmp|lock|lock\..+|.+\.segment|.+\.bad)$/

/**
 * Refuses a folder that somebody else could write to or turn elsewhere: the spool holds what was acknowledged, and with
 * a symbolic link in a file's place it would write over the file that the link names.
 *
 * @throws RelayError SPOOL_FOLDER
 */
export async function checkFolder(disk: Disk, folder: string): Promise<void> {
  const entry = await disk.inspect(folder)
  if (entry.kind !== 'folder') throw refused(folder, `it is a ${entry.kind}`)
  if (!entry.isOurs) throw refused(folder, 'it belongs to another user: give it to the one that runs this')
  if ((entry.mode & 0o022) !== 0) {
    const mode = (entry.mode & 0o777).toString(8).padStart(4, '0')
    throw refused(folder, `others may write to it (mode ${mode}): chmod 0700`)
  }
  for (const name of await disk.list(folder)) {
    if (!ownNames.test(name)) continue
    const file = await inspected(disk, join(folder, name))
    if (file === undefined) continue
    if (file.kind !== 'file') throw refused(folder, `${name} in it is a ${file.kind}: take it away`)
    if (!file.isOurs) throw refused(folder, `${name} in it belongs to another user`)
  }
}

/** What the file system said about the folder, as an error that says what to do; undefined where it is about something else. */
export function folderProblem(folder: string, error: unknown): RelayError | undefined {
  const codes = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'ELOOP']
  if (!codes.some((code) => hasCode(error, code))) return undefined
  const why = hasCode(error, 'ENOTDIR')
    ? 'a part of this path is a file: name another folder in spool.folder'
    : toError(error).message
  return refused(folder, why, error)
}

/** Undefined for the passing file of another process that is about to find the lock taken. */
async function inspected(disk: Disk, path: string): Promise<DiskEntry | undefined> {
  try {
    return await disk.inspect(path)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function refused(folder: string, why: string, cause?: unknown): RelayError {
  return new RelayError('SPOOL_FOLDER', `the spool folder ${folder} cannot be used: ${why}`, {
    cause,
    facts: { folder },
  })
}
