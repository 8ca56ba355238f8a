import { access, constants, mkdir } from 'node:fs/promises'
import { RelayError, toError } from '../errors.ts'

/**
 * Makes a folder that servers or tools are to write to, unless it is there.
 *
 * @param use what it is for, in the words of the message: `to keep data in`
 * @param advice what to do where it cannot be used
 * @throws RelayError CONFIG_INVALID when it is a file, or not one that this user may write to
 */
export async function makeWritable(folder: string, use: string, advice: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new RelayError('CONFIG_INVALID', `${folder} is no folder ${use}: ${reasonOf(cause)}. ${advice}`, {
      cause,
      facts: { folder },
    })
  }
}

const reasons: Readonly<Record<string, string>> = {
  EEXIST: 'it is a file',
  ENOTDIR: 'a part of this path is a file',
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'its file system is read-only',
}

function reasonOf(cause: unknown): string {
  const { code } = cause as NodeJS.ErrnoException
  return reasons[code ?? ''] ?? toError(cause).message
}
