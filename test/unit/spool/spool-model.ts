import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import fc from 'fast-check'
import type { Clock } from '../../../src/clock.ts'
import { isRelayError } from '../../../src/errors.ts'
import { FileSpool } from '../../../src/spool/file-spool.ts'
import { frameHeaderBytes } from '../../../src/spool/record-frame.ts'
import { segmentHeaderBytes } from '../../../src/spool/segment.ts'
import { callKinds, chances, VolatileDisk } from './volatile-disk.ts'

/** Bytes that a spool of the model may hold, so small that its limit is met. */
const maxBytes = 4_000
const sizes = [0, 1, 7, 20, 40, 200]
const everything = { sinceMs: 0, records: Number.MAX_SAFE_INTEGER }

type Fate = 'pending' | 'kept' | 'refused' | 'unknown'

/** A clock that stands still: nothing in the spool may wait for time. */
const clock: Clock = {
  now: () => 1_000_000,
  monotonic: () => 0,
  after: () => () => {},
  soon: () => () => {},
}

/**
 * A spool on a {@link VolatileDisk} next to the list of what it promised. Each step is a number that says what is done
 * and with which arguments; {@link run} throws where a promise is broken.
 */
class SpoolModel {
  readonly #disk = new VolatileDisk()
  readonly #keepBytes: number
  readonly #segmentBytes: number
  readonly #memoryBytes: number
  #spool: FileSpool | undefined
  #pid = 0
  #salts = 0
  /** What became of each append, and its size; the content says its index. */
  readonly #fates: Fate[] = []
  readonly #lengths: number[] = []
  /** Highest record with an ack that was asked for, and that resolved. */
  #ackAsked = -1
  #ackDone = -1
  #broken: unknown
  // Of the running instance:
  #reading: Promise<void> | undefined
  #given: { readonly id: number; readonly sequence: number }[] = []
  #givenIds = new Set<number>()
  #askedBefore = -1

  constructor(config: number) {
    this.#keepBytes = [0, 100, 500][config % 3] ?? 0
    this.#segmentBytes = [60, 150, 400][(config >>> 2) % 3] ?? 60
    this.#memoryBytes = [0, 100, 5_000][(config >>> 4) % 3] ?? 0
  }

  async run(steps: readonly number[]): Promise<void> {
    await this.#open()
    for (const step of steps) {
      await this.#step(step % 16, step >>> 4)
      if (this.#broken !== undefined) throw this.#broken
      const state = this.#spool?.state()
      if (state === undefined) continue
      assert.ok(state.bytes <= maxBytes, `${state.bytes} bytes on the disk`)
      if (this.#disk.struck.size === 0) assert.equal(state.badRecords, 0)
    }
    await this.#drain(steps.length)
    if (this.#broken !== undefined) throw this.#broken
  }

  async #step(kind: number, argument: number): Promise<void> {
    if (kind <= 2) await Promise.all(this.#append(argument))
    else if (kind <= 4) for (const appending of this.#append(argument)) this.#later(appending)
    else if (kind <= 7) await this.#read(argument)
    else if (kind === 8) await this.#ack(argument)
    else if (kind === 9) this.#later(this.#ack(argument))
    else if (kind === 10) await this.#turns(argument % 64)
    else if (kind === 11) await this.#crash(argument)
    else if (kind === 12) await this.#reopen()
    else if (kind === 13) await this.#checkRecent(false)
    else this.#arm(argument)
  }

  /** Nobody waits for it now; what breaks in it breaks the run. */
  #later(work: Promise<void>): void {
    work.catch((error: unknown) => {
      this.#broken ??= error
    })
  }

  #append(argument: number): Promise<void>[] {
    const made: Promise<void>[] = []
    for (let n = 0; n <= argument % 4; n++) {
      const id = this.#fates.length
      const content = Buffer.alloc(4 + (sizes[(argument >>> (2 + n * 3)) % sizes.length] ?? 0), id % 251)
      content.writeUInt32BE(id)
      this.#fates.push('pending')
      this.#lengths.push(content.length)
      made.push(this.#settled(id, this.#now().append(content)))
    }
    return made
  }

  async #settled(id: number, appending: Promise<void>): Promise<void> {
    const given = this.#givenIds
    try {
      await appending
      this.#fates[id] = 'kept'
      const passed = given === this.#givenIds && id < (this.#given.at(-1)?.id ?? -1) && !given.has(id)
      assert.ok(!passed, `record ${id} was passed over`)
    } catch (error) {
      if (isRelayError(error, 'SPOOL_FAILED')) {
        this.#fates[id] = 'unknown'
        return
      }
      assert.ok(isRelayError(error, 'SPOOL_FULL') || isRelayError(error, 'SINK_CLOSED'), String(error))
      this.#fates[id] = 'refused'
      assert.ok(!given.has(id), `record ${id} was given and then refused`)
    }
  }

  /** Goes on with the read that waits, or begins one; gives it time, and leaves it waiting where there is nothing. */
  async #read(argument: number): Promise<void> {
    if (this.#reading === undefined) {
      const limits = { records: 1 + (argument % 8), bytes: 1 + ((argument >>> 3) % 300) }
      const reading = this.#take(limits).finally(() => {
        if (this.#reading === reading) this.#reading = undefined
      })
      this.#reading = reading
      this.#later(reading)
    }
    for (let turn = 0; turn < 100 && this.#reading !== undefined; turn++) await undefined
  }

  async #take(limits: { readonly records: number; readonly bytes: number }): Promise<void> {
    const spool = this.#now()
    try {
      const records = await spool.read(limits)
      if (this.#spool !== spool) return
      for (const { content, sequence } of records) this.#give(idOf(content), sequence, content)
    } catch (error) {
      assert.ok(isRelayError(error, 'SPOOL_FAILED'), String(error))
    }
  }

  #give(id: number, sequence: number, content: Buffer): void {
    this.#assertWhole(id, content)
    const last = this.#given.at(-1)
    assert.ok(last === undefined || (id > last.id && sequence > last.sequence), `${id} after ${last?.id}`)
    if (last === undefined) assert.ok(id > this.#ackDone, `${id} was acked`)
    for (let skipped = Math.max(last?.id ?? -1, this.#askedBefore) + 1; skipped < id; skipped++) {
      assert.notEqual(this.#fates[skipped], 'kept', `record ${skipped} is lost`)
    }
    this.#given.push({ id, sequence })
    this.#givenIds.add(id)
  }

  #assertWhole(id: number, content: Buffer): void {
    assert.notEqual(this.#fates[id] ?? 'refused', 'refused', `record ${id} was never accepted`)
    assert.equal(content.length, this.#lengths[id])
    if (content.length > 4) assert.ok(content[4] === id % 251 && content.at(-1) === id % 251)
  }

  async #ack(argument: number): Promise<void> {
    const upTo = this.#given[argument % Math.max(1, this.#given.length)]
    if (upTo === undefined) return
    this.#ackAsked = Math.max(this.#ackAsked, upTo.id)
    try {
      await this.#now().ack(upTo.sequence)
      this.#ackDone = Math.max(this.#ackDone, upTo.id)
    } catch (error) {
      const expected = ['SPOOL_FULL', 'SPOOL_FAILED', 'SINK_CLOSED'] as const
      assert.ok(
        expected.some((code) => isRelayError(error, code)),
        String(error),
      )
    }
  }

  async #turns(count: number): Promise<void> {
    for (let turn = 0; turn < count; turn++) await undefined
  }

  async #crash(argument: number): Promise<void> {
    await this.#turns(argument % 32)
    this.#disk.crash(chances(argument))
    await this.#open()
  }

  async #reopen(): Promise<void> {
    await this.#now().close()
    await this.#reading
    await this.#open()
  }

  #arm(argument: number): void {
    this.#disk.arm({
      kind: callKinds[argument % callKinds.length] ?? 'write',
      nth: 1 + ((argument >>> 4) % 8),
      code: argument & 0x800000 ? 'EIO' : 'ENOSPC',
    })
  }

  async #open(): Promise<void> {
    for (const [id, fate] of this.#fates.entries()) if (fate === 'pending') this.#fates[id] = 'unknown'
    this.#reading = undefined
    this.#given = []
    this.#givenIds = new Set()
    this.#askedBefore = this.#ackAsked
    this.#spool = undefined
    try {
      this.#spool = await this.#opened()
    } catch (error) {
      assert.ok(isRelayError(error, 'SPOOL_FAILED'), String(error))
      assert.ok(this.#disk.struck.size > 0)
      this.#disk.crash(chances(this.#pid))
      this.#spool = await this.#opened()
    }
    // Half of the times: it walks through all there is.
    if (this.#pid % 2 === 0) await this.#checkRecent(true)
  }

  #opened(): Promise<FileSpool> {
    const pid = ++this.#pid
    return FileSpool.open({
      folder: '/spool',
      disk: this.#disk.session(),
      processes: { pid, isAlive: (other) => other === pid, startedAt: () => undefined },
      maxBytes,
      segmentBytes: this.#segmentBytes,
      keepBytes: this.#keepBytes,
      memoryBytes: this.#memoryBytes,
      random: () => (this.#salts++ * 0.618_033_988_7) % 1,
      clock,
    })
  }

  /** All that is not acked is there, and right after opening the newest of what is acked as well. */
  async #checkRecent(opened: boolean): Promise<void> {
    const spool = this.#now()
    if (spool.state().failure !== undefined) return
    this.#disk.disarm()
    // What is confirmed during the walk may be in it or not.
    const kept = [...this.#fates.keys()].filter((id) => this.#fates[id] === 'kept')
    const ids: number[] = []
    for await (const { content } of spool.recent(everything)) {
      const id = idOf(content)
      this.#assertWhole(id, content)
      assert.ok(id > (ids.at(-1) ?? -1), `${id} after ${ids.at(-1)}`)
      ids.push(id)
    }
    const found = new Set(ids)
    let newest = 0
    for (const id of kept.toReversed()) {
      // As if each had a segment of its own, whose header counts.
      newest += segmentHeaderBytes + frameHeaderBytes + (this.#lengths[id] ?? 0)
      const isKept = opened && newest <= this.#keepBytes && this.#hadSpace()
      if (id > this.#ackAsked || isKept) assert.ok(found.has(id), `record ${id} is not among the recent ones`)
    }
  }

  /** Acked segments go early where the disk has no room or the limit is near. */
  #hadSpace(): boolean {
    const kept = this.#lengths.reduce((sum, length) => sum + frameHeaderBytes + length, 0)
    return !this.#disk.struck.has('ENOSPC') && kept < maxBytes / 2
  }

  /** Without faults from here on: all that was promised comes, once, and after its ack never again. */
  async #drain(argument: number): Promise<void> {
    this.#disk.disarm()
    await this.#crash(argument)
    const spool = this.#now()
    // The last of all comes in any case: without it a record that is lost would leave the read waiting.
    let end = this.#fates.length
    await Promise.all(this.#append(0))
    while (this.#fates[end] !== 'kept') {
      // At its limit.
      await this.#takeAndAck(spool)
      end = this.#fates.length
      await Promise.all(this.#append(0))
    }
    while (this.#given.at(-1)?.id !== end) await this.#takeAndAck(spool)
    if (this.#disk.struck.size === 0) assert.equal(spool.state().badRecords, 0)
    await spool.close()
    const again = await this.#opened()
    const { unacked } = again.state()
    const left = this.#fates.filter((fate, id) => id > this.#ackDone && fate !== 'refused').length
    assert.ok(unacked <= left, `${unacked} not acked, of ${left} that may be there`)
    await again.close()
  }

  async #takeAndAck(spool: FileSpool): Promise<void> {
    await this.#take({ records: 50, bytes: 100_000 })
    const last = this.#given.at(-1)
    assert.ok(last)
    await spool.ack(last.sequence)
    this.#ackAsked = this.#ackDone = Math.max(this.#ackDone, last.id)
  }

  #now(): FileSpool {
    assert.ok(this.#spool)
    return this.#spool
  }
}

export interface ModelCheck {
  readonly seed: number
  readonly runs: number
  /** Called after each sequence. */
  readonly onRun?: (runs: number) => void
}

/** Runs sequences of up to 200 steps; throws with the shortest that fails, and the seed. */
export async function checkSpoolModel({
  seed,
  runs,
  onRun = () => {},
}: ModelCheck): Promise<{ readonly runs: number; readonly distinct: number }> {
  const seen = new Set<number>()
  let count = 0
  const steps = fc.array(fc.nat(0xfffffff), { maxLength: 200, size: 'max' })
  await fc.assert(
    fc.asyncProperty(fc.nat(63), steps, async (config, sequence) => {
      count += 1
      seen.add(fingerprint(config, sequence))
      await new SpoolModel(config).run(sequence)
      onRun(count)
    }),
    { seed, numRuns: runs },
  )
  return { runs: count, distinct: seen.size }
}

/** 48 bits: among a million sequences two that share one are not to be expected. */
function fingerprint(config: number, sequence: readonly number[]): number {
  const bytes = Uint32Array.from([config, ...sequence])
  return createHash('sha1').update(bytes).digest().readUIntBE(0, 6)
}

function idOf(content: Buffer): number {
  return content.readUInt32BE()
}
