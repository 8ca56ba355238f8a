/** Reads the plain types of Kafka's protocol one after the other. */
export class ByteReader {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  int64(): bigint {
    this.#at += 8
    return this.#bytes.readBigInt64BE(this.#at - 8)
  }

  /** Undefined for a null. */
  text(): string | undefined {
    const length = this.int16()
    if (length < 0) return undefined
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  /** Bytes with their length in front, of no interest. */
  skipBytes(): void {
    const length = this.int32()
    this.#at += Math.max(0, length)
  }

  list<T>(item: () => T): readonly T[] {
    return Array.from({ length: this.int32() }, item)
  }
}
