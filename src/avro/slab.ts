import type avro from 'avsc'

/**
 * Encodes into one large buffer, place after place, and hands out views without a copy: 1.8 µs for an event of 800 bytes,
 * where a buffer of its own for each takes 2.6 µs.
 *
 * A view keeps its whole slab alive. That is right here, because records are short-lived: a record is held until the
 * spool or Kafka has it, and the records of one slab were encoded together, so they are let go together. Whoever keeps
 * a datum for longer copies it.
 */
export class Slab {
  readonly #size: number
  #buffer: Buffer
  #used = 0

  /** `size` in bytes. */
  constructor(size: number) {
    this.#size = size
    this.#buffer = Buffer.allocUnsafeSlow(size)
  }

  /** The binary form of `value`. Throws what avsc throws for a value that is not of the type. */
  encode(type: avro.Type, value: unknown): Buffer {
    // The end of the datum; or, if it does not fit, minus the number of bytes that are missing.
    const end = type.encode(value, this.#buffer, this.#used)
    if (end >= 0) return this.#take(end)
    const needed = this.#size - this.#used - end
    // A large datum gets a buffer of its own, so that at most an eighth of a slab is ever left unused.
    if (needed > this.#size / 8) {
      const own = Buffer.allocUnsafeSlow(needed)
      type.encode(value, own, 0)
      return own
    }
    this.#buffer = Buffer.allocUnsafeSlow(this.#size)
    this.#used = 0
    return this.#take(type.encode(value, this.#buffer, 0))
  }

  #take(end: number): Buffer {
    const view = this.#buffer.subarray(this.#used, end)
    this.#used = end
    return view
  }
}
