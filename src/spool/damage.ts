import { basename } from 'node:path'
import { toError } from '../errors.ts'
import type { Counter, Logger, Telemetry } from '../telemetry.ts'
import type { Disk, DiskFile } from './disk.ts'
import { confirmed, hasCode } from './disk-error.ts'
import type { Segment } from './segment.ts'

const copyBytes = 1024 * 1024

/** What the disk did to the log: counted, said, and the bytes kept in a `.bad` file for a person to look at. */
export class Damage {
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #records: Counter
  readonly #torn: Counter
  #count = 0

  constructor(disk: Disk, telemetry: Telemetry) {
    this.#disk = disk
    this.#logger = telemetry.logger
    this.#records = telemetry.metrics.counter({
      name: 'registry_relay_spool_bad_records_total',
      help: 'Records of the spool that the disk damaged or lost; what is left of them is in .bad files.',
    })
    this.#torn = telemetry.metrics.counter({
      name: 'registry_relay_spool_torn_bytes_total',
      help: 'Bytes cut off at the end of the spool after a crash: writes that were never acknowledged.',
    })
  }

  get count(): number {
    return this.#count
  }

  /** Sets the bytes of `records` damaged records aside. False where no copy could be made; they are counted all the same. */
  async bad(file: DiskFile, segment: Segment, start: number, end: number, records: number): Promise<boolean> {
    this.#add(records)
    const path = `${segment.path}-${start}.bad`
    const facts = { segment: basename(segment.path), start, end, records, path }
    try {
      if (end > start) await this.#copy(file, path, start, end)
      this.#logger.error(facts, 'damaged records of the spool were set aside; the rest is read on')
      return true
    } catch (error) {
      this.#logger.error(
        { ...facts, err: toError(error) },
        'damaged records of the spool could not be copied aside; the rest is read on',
      )
      return false
    }
  }

  /** Records of whose bytes nothing is left. */
  missing(from: number, to: number): void {
    this.#add(to - from)
    this.#logger.error({ from, to, records: to - from }, 'records are missing from the spool')
  }

  torn(segment: Segment, bytes: number): void {
    this.#torn.add(bytes)
    this.#logger.warn(
      { segment: basename(segment.path), bytes },
      'cut off an unfinished write at the end of the spool; it had not been acknowledged',
    )
  }

  warn(path: string, message: string): void {
    this.#logger.warn({ path }, message)
  }

  #add(records: number): void {
    this.#count += records
    this.#records.add(records)
  }

  async #copy(file: DiskFile, path: string, start: number, end: number): Promise<void> {
    let copy: DiskFile
    try {
      copy = await this.#disk.create(path)
    } catch (error) {
      // Set aside before a restart, met again after it.
      if (hasCode(error, 'EEXIST')) return
      throw error
    }
    try {
      for (let at = start; at < end; ) {
        const part = await file.read(at, Math.min(copyBytes, end - at))
        if (part.length === 0) break
        await copy.write([part], at - start)
        at += part.length
      }
      await confirmed(copy.sync())
    } finally {
      await copy.close()
    }
  }
}
