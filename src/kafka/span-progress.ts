import type { TopicSpan } from './reader-port.ts'

/** How far a span has been read: per partition the offset that comes next. */
export class SpanProgress {
  readonly #next = new Map<number, bigint>()
  readonly #ends = new Map<number, bigint>()

  constructor({ partitions }: TopicSpan) {
    for (const [partition, { from, to }] of partitions) {
      if (from >= to) continue
      this.#next.set(partition, from)
      this.#ends.set(partition, to)
    }
  }

  get done(): boolean {
    return this.#next.size === 0
  }

  /** Partitions that have not been read to their end, with the offset that comes next. */
  get unfinished(): readonly (readonly [partition: number, next: bigint])[] {
    return [...this.#next]
  }

  /** The offset that comes next; undefined: nothing more is read of the partition. */
  nextOf(partition: number): bigint | undefined {
    return this.#next.get(partition)
  }

  /** The record belongs to the span and has not been read. */
  wants(partition: number, offset: bigint): boolean {
    const next = this.#next.get(partition)
    return next !== undefined && offset >= next && offset < (this.#ends.get(partition) ?? 0n)
  }

  /** Nothing below `next` is of interest any more. Never goes back. */
  passed(partition: number, next: bigint): void {
    const before = this.#next.get(partition)
    if (before === undefined || next <= before) return
    if (next >= (this.#ends.get(partition) ?? 0n)) this.#next.delete(partition)
    else this.#next.set(partition, next)
  }

  /**
   * What the partition holds now: records may have been deleted, or the topic cut off, since the span was taken.
   * @returns true: it is read anew, from `earliest` on
   */
  found(partition: number, earliest: bigint, latest: bigint): boolean {
    const end = this.#ends.get(partition)
    if (end === undefined) return false
    if (latest < end) this.#ends.set(partition, latest)
    this.passed(partition, earliest)
    const next = this.#next.get(partition)
    if (next !== undefined && next >= latest) this.#next.delete(partition)
    return false
  }

  /** The partition's records are others than those that were read: `next` comes next, whatever was passed. */
  protected restart(partition: number, next: bigint): void {
    this.#next.set(partition, next)
  }
}
