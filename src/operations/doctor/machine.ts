/** What is asked of the machine that this runs on. */
export interface MachinePort {
  /** `v22.15.0`. */
  readonly nodeVersion: string
  /** User id of this process; undefined on systems that have none. */
  readonly uid: number | undefined
  /** How many files this process may have open; undefined where the system does not tell. */
  openFilesLimit(): Promise<number | undefined>
  /** Follows symbolic links. Undefined where there is nothing. */
  inspect(path: string): Promise<MachineEntry | undefined>
  space(folder: string): Promise<DiskSpace>
  /**
   * Appends to a file without a name in that folder, each append synced, and gives what each took in milliseconds. The file is
   * gone whatever happens.
   */
  syncTimes(folder: string, appends: number, bytes: number): Promise<readonly number[]>
  /** Undefined where there is no such file. */
  readText(path: string): Promise<string | undefined>
  /** Opens the port and closes it again. `free`, or the code of the system: `EADDRINUSE`. */
  tryListening(host: string, port: number): Promise<string>
  /** Asks what listens on this machine by HTTP; undefined where no answer came. */
  ask(url: string): Promise<{ readonly status: number; readonly body: string } | undefined>
}

export interface MachineEntry {
  readonly uid: number
}

export interface DiskSpace {
  /** For this user. */
  readonly freeBytes: number
  /** Linux's name of the file system where it is one that is no local disk: `tmpfs`, `nfs`; undefined for all others. */
  readonly special: SpecialFileSystem | undefined
}

export type SpecialFileSystem =
  | 'tmpfs'
  | 'ramfs'
  | 'overlay'
  | 'nfs'
  | 'smb'
  | 'cifs'
  | '9p'
  | 'ceph'
  | 'fuse'
