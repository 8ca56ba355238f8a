/**
 * What the spool asks of a file system, and no more, so that a test can stand in for one that loses everything not yet
 * synced. Errors carry Node's `code` (ENOSPC, EIO, EEXIST, ENOENT).
 */
export interface Disk {
  /** Makes a file that must not exist (EEXIST), mode 0600. Its name is durable only after {@link syncFolder}. */
  create(path: string): Promise<DiskFile>
  /** Opens a file that exists (ENOENT) and is no symbolic link (ELOOP), to read and to write. */
  open(path: string): Promise<DiskFile>
  /** Makes a folder and those above it where missing, mode 0700, durably. */
  makeFolder(path: string): Promise<void>
  /** What is at the path itself: a symbolic link is not followed (ENOENT). */
  inspect(path: string): Promise<DiskEntry>
  /** Names in a folder, in no order. */
  list(folder: string): Promise<readonly string[]>
  /** Replaces `to` in one step, where it exists. */
  rename(from: string, to: string): Promise<void>
  /** Gives the file a second name; EEXIST where `to` exists, so that of two callers one wins. */
  link(from: string, to: string): Promise<void>
  unlink(path: string): Promise<void>
  /** After it, names made, renamed and removed in the folder survive a power cut. */
  syncFolder(folder: string): Promise<void>
}

export interface DiskEntry {
  readonly kind: 'file' | 'folder' | 'symbolic link' | 'device or socket'
  /** Permission bits. */
  readonly mode: number
  /** It belongs to the user that this process runs as. */
  readonly isOurs: boolean
}

export interface DiskFile {
  /** Writes all the bytes, one buffer after the other, from `position` on. On an error some may have been written. */
  write(buffers: readonly Uint8Array[], position: number): Promise<void>
  /** Up to `length` bytes; fewer only where the file ends. */
  read(position: number, length: number): Promise<Buffer>
  size(): Promise<number>
  truncate(size: number): Promise<void>
  /** After it, what was written survives a power cut (fdatasync: the size as well, the times not). */
  sync(): Promise<void>
  close(): Promise<void>
}
