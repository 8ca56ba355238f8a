import { basename } from 'node:path'
import type { Disk, DiskEntry, DiskFile } from '../../../src/spool/disk.ts'

/** Kinds of calls that can be made to fail. */
export const callKinds = [
  'create',
  'open',
  'write',
  'sync',
  'rename',
  'link',
  'unlink',
  'list',
  'syncFolder',
  'truncate',
] as const

export type CallKind = (typeof callKinds)[number]

export interface Fault {
  readonly kind: CallKind
  /** Counted from the arming: 1 is the next call of its kind. */
  readonly nth: number
  readonly code: 'ENOSPC' | 'EIO'
}

interface Inode {
  live: Buffer
  durable: Buffer
  /** What a failed sync left in memory only, and what no later sync will write: the page cache calls it clean. */
  lost: { from: number; to: number } | undefined
}

/**
 * A disk of one folder where nothing survives {@link crash} for sure but what was synced, names included. A process is a
 * {@link session}: at the crash it stands still for ever, its calls touch nothing and never return.
 */
export class VolatileDisk {
  names = new Map<string, Inode>()
  durableNames = new Map<string, Inode>()
  /** Codes of the faults that struck. */
  readonly struck = new Set<string>()
  #epoch = 0
  #due: { calls: number; readonly chance: () => number; readonly crashed: () => void } | undefined
  #fault: { kind: CallKind; left: number; code: string } | undefined

  get epoch(): number {
    return this.#epoch
  }

  arm({ kind, nth, code }: Fault): void {
    this.#fault = { kind, left: nth, code }
  }

  /** Takes back what was armed and not struck, a crash included. */
  disarm(): void {
    this.#fault = undefined
    this.#due = undefined
  }

  /** Crashes instead of the call after the next `calls`; resolves when it did. */
  crashAfter(calls: number, chance: () => number): Promise<void> {
    return new Promise((crashed) => {
      this.#due = { calls, chance, crashed }
    })
  }

  /** A call is about to be made. */
  count(): void {
    const due = this.#due
    if (due === undefined || due.calls-- > 0) return
    this.#due = undefined
    this.crash(due.chance)
    due.crashed()
  }

  /** The error for this call, where its time has come. */
  fault(kind: CallKind): Error | undefined {
    const fault = this.#fault
    if (fault === undefined || fault.kind !== kind) return undefined
    fault.left -= 1
    if (fault.left > 0) return undefined
    this.#fault = undefined
    this.struck.add(fault.code)
    return failure(fault.code)
  }

  /** For each name and each file `chance` decides how much of what was not synced got to the disk. */
  crash(chance: () => number): void {
    this.#epoch += 1
    this.disarm()
    const survivors = new Map<string, Inode>()
    for (const name of new Set([...this.names.keys(), ...this.durableNames.keys()])) {
      const inode = (chance() < 0.5 ? this.names : this.durableNames).get(name)
      if (inode !== undefined) survivors.set(name, inode)
    }
    for (const inode of new Set(survivors.values())) settleInode(inode, chance)
    this.names = survivors
    this.durableNames = new Map(survivors)
  }

  session(): Disk {
    return new Session(this)
  }

  inode(path: string): Inode {
    const inode = this.names.get(basename(path))
    if (inode === undefined) throw failure('ENOENT')
    return inode
  }
}

/** One process: stands still when the disk crashed after it began. */
class Process {
  readonly disk: VolatileDisk
  readonly #epoch: number

  constructor(disk: VolatileDisk) {
    this.disk = disk
    this.#epoch = disk.epoch
  }

  /**
   * What a call returns instead of doing anything; undefined: go on, and without a wait in between. `onFault` is what an
   * armed fault does besides failing.
   */
  hold(kind?: CallKind, onFault?: () => void): Promise<never> | undefined {
    if (this.#epoch === this.disk.epoch) this.disk.count()
    if (this.#epoch !== this.disk.epoch) return new Promise(() => {})
    const error = kind === undefined ? undefined : this.disk.fault(kind)
    if (error === undefined) return undefined
    onFault?.()
    return Promise.reject(error)
  }
}

class Session implements Disk {
  readonly #process: Process
  readonly #disk: VolatileDisk

  constructor(disk: VolatileDisk) {
    this.#process = new Process(disk)
    this.#disk = disk
  }

  async create(path: string): Promise<DiskFile> {
    const held = this.#process.hold('create')
    if (held !== undefined) return held
    if (this.#disk.names.has(basename(path))) throw failure('EEXIST')
    const inode: Inode = { live: Buffer.alloc(0), durable: Buffer.alloc(0), lost: undefined }
    this.#disk.names.set(basename(path), inode)
    return new VolatileFile(inode, this.#process)
  }

  async open(path: string): Promise<DiskFile> {
    const held = this.#process.hold('open')
    if (held !== undefined) return held
    return new VolatileFile(this.#disk.inode(path), this.#process)
  }

  async makeFolder(): Promise<void> {
    const held = this.#process.hold()
    if (held !== undefined) return held
  }

  async inspect(path: string): Promise<DiskEntry> {
    const held = this.#process.hold()
    if (held !== undefined) return held
    return { kind: this.#disk.names.has(basename(path)) ? 'file' : 'folder', mode: 0o700, isOurs: true }
  }

  async list(): Promise<readonly string[]> {
    const held = this.#process.hold('list')
    if (held !== undefined) return held
    return [...this.#disk.names.keys()]
  }

  async rename(from: string, to: string): Promise<void> {
    const held = this.#process.hold('rename')
    if (held !== undefined) return held
    this.#disk.names.set(basename(to), this.#disk.inode(from))
    this.#disk.names.delete(basename(from))
  }

  async link(from: string, to: string): Promise<void> {
    const held = this.#process.hold('link')
    if (held !== undefined) return held
    if (this.#disk.names.has(basename(to))) throw failure('EEXIST')
    this.#disk.names.set(basename(to), this.#disk.inode(from))
  }

  async unlink(path: string): Promise<void> {
    const held = this.#process.hold('unlink')
    if (held !== undefined) return held
    this.#disk.inode(path)
    this.#disk.names.delete(basename(path))
  }

  async syncFolder(): Promise<void> {
    const held = this.#process.hold('syncFolder')
    if (held !== undefined) return held
    this.#disk.durableNames = new Map(this.#disk.names)
  }
}

class VolatileFile implements DiskFile {
  readonly #inode: Inode
  readonly #process: Process

  constructor(inode: Inode, process: Process) {
    this.#inode = inode
    this.#process = process
  }

  async write(buffers: readonly Uint8Array[], position: number): Promise<void> {
    const bytes = Buffer.concat(buffers)
    // A disk that fills up takes a part.
    const held = this.#process.hold('write', () => this.#put(bytes.subarray(0, bytes.length >> 1), position))
    if (held !== undefined) return held
    this.#put(bytes, position)
  }

  async read(position: number, length: number): Promise<Buffer> {
    const held = this.#process.hold()
    if (held !== undefined) return held
    return Buffer.from(this.#inode.live.subarray(position, position + length))
  }

  async size(): Promise<number> {
    const held = this.#process.hold()
    if (held !== undefined) return held
    return this.#inode.live.length
  }

  async truncate(size: number): Promise<void> {
    const held = this.#process.hold('truncate')
    if (held !== undefined) return held
    this.#inode.live = Buffer.from(this.#inode.live.subarray(0, size))
    clipLost(this.#inode)
  }

  async sync(): Promise<void> {
    const inode = this.#inode
    const held = this.#process.hold('sync', () => {
      const from = inode.lost?.from ?? commonLength(inode.live, inode.durable)
      inode.lost = { from, to: inode.live.length }
      clipLost(inode)
    })
    if (held !== undefined) return held
    inode.durable = Buffer.from(inode.live)
    if (inode.lost !== undefined) inode.durable.fill(0, inode.lost.from, inode.lost.to)
  }

  async close(): Promise<void> {
    const held = this.#process.hold()
    if (held !== undefined) return held
  }

  #put(bytes: Buffer, position: number): void {
    const inode = this.#inode
    const end = position + bytes.length
    const before = inode.live.subarray(0, position)
    const gap = Buffer.alloc(Math.max(0, position - inode.live.length))
    inode.live = Buffer.concat([before, gap, bytes, inode.live.subarray(end)])
    // Written again: dirty, so the next sync takes it.
    if (inode.lost !== undefined && position <= inode.lost.from) inode.lost.from = end
    clipLost(inode)
  }
}

function clipLost(inode: Inode): void {
  if (inode.lost === undefined) return
  inode.lost.to = Math.min(inode.lost.to, inode.live.length)
  if (inode.lost.from >= inode.lost.to) inode.lost = undefined
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function chances(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** The durable bytes and a part of what was written after them: cut anywhere, or of full length and blank. */
function settleInode(inode: Inode, chance: () => number): void {
  const { live, durable } = inode
  const same = commonLength(live, durable)
  if (same === live.length && durable.length > live.length) {
    // A truncation that was not synced: done or not.
    inode.durable = Buffer.from(chance() < 0.5 ? live : durable)
  } else {
    const grown = Math.floor(chance() * (live.length - same + 1))
    const bytes = Buffer.from(live.subarray(same, same + grown))
    if (inode.lost !== undefined || chance() < 0.25) bytes.fill(0)
    if (grown > 0) inode.durable = Buffer.concat([durable.subarray(0, same), bytes])
  }
  inode.live = Buffer.from(inode.durable)
  inode.lost = undefined
}

function commonLength(left: Buffer, right: Buffer): number {
  const shorter = Math.min(left.length, right.length)
  if (left.subarray(0, shorter).equals(right.subarray(0, shorter))) return shorter
  let at = 0
  while (left[at] === right[at]) at++
  return at
}

const failures = new Map<string, Error>()

/** One error for each code: a stack for each missing file would be most of the time of a long run. */
function failure(code: string): Error {
  const error = failures.get(code) ?? Object.assign(new Error(code), { code })
  failures.set(code, error)
  return error
}
