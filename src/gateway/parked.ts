import { RelayError } from '../errors.ts'
import type { Spool, SpooledRecord } from '../spool/spool.ts'

/** Sequences of records that were read from the spool and let go of again, in its order: eight bytes for each. */
export class Parked {
  #sequences: number[] = []
  /** Those before it are under way again. */
  #head = 0

  get size(): number {
    return this.#sequences.length - this.#head
  }

  get oldest(): number | undefined {
    return this.#sequences[this.#head]
  }

  /** All that are in it now. */
  get all(): readonly number[] {
    return this.#sequences.slice(this.#head)
  }

  /** `sequence` is above all that were added before. */
  add(sequence: number): void {
    this.#sequences.push(sequence)
  }

  removeOldest(): void {
    this.#head += 1
    if (this.#head * 2 < this.#sequences.length) return
    this.#sequences = this.#sequences.slice(this.#head)
    this.#head = 0
  }
}

/**
 * Records of `sequences`, which rise, from the disk once more; nothing of them may be acked. `unacked` is the sequence from
 * which on nothing is.
 *
 * @throws RelayError SPOOL_FAILED: one that was read before is not there any more. A restart finds out what is left.
 */
export async function* readAgain(
  spool: Pick<Spool, 'recent' | 'state'>,
  sequences: readonly number[],
  unacked: number,
): AsyncGenerator<SpooledRecord, void, undefined> {
  const [first] = sequences
  if (first === undefined) return
  // How far the spool goes is not said, but no further than this. By sequence alone: the time of day may have jumped.
  const records = spool.state().unacked + unacked - first
  let next = 0
  for await (const record of spool.recent({ sinceMs: Number.NEGATIVE_INFINITY, records })) {
    const wanted = sequences[next] ?? Number.POSITIVE_INFINITY
    if (record.sequence < wanted) continue
    if (record.sequence > wanted) break
    next += 1
    yield record
    if (next === sequences.length) return
  }
  const sequence = sequences[next]
  throw new RelayError('SPOOL_FAILED', `record ${sequence} of the spool cannot be read again`, {
    facts: { sequence },
  })
}
