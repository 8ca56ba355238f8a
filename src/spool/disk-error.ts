import { toError } from '../errors.ts'

/**
 * A sync that failed. After it the kernel may have dropped the pages and call the next sync a success, so what it was to
 * confirm stays unknown for good: nobody may try again and believe the answer.
 */
export class SyncFailure extends Error {
  override readonly name = 'SyncFailure'
}

/**
 * Marks a rejection of `sync` as one that cannot be tried again. No space is another matter, where blocks are given out
 * at the sync only: what could not be placed is known to be lost, and the caller takes it back before anything else.
 */
export async function confirmed(sync: Promise<void>): Promise<void> {
  try {
    await sync
  } catch (error) {
    if (isNoSpace(error)) throw error
    throw new SyncFailure(`sync: ${toError(error).message}`, { cause: error })
  }
}

/** True where the disk, or the share of it that is ours, has no room: that may pass. */
export function isNoSpace(error: unknown): boolean {
  return hasCode(error, 'ENOSPC') || hasCode(error, 'EDQUOT')
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** For removing what need not be there. */
export function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error
}
