const lengthBytes = 4
/** More than a broker takes (`socket.request.max.bytes`): whoever announces it does not speak Kafka. */
const maxFrameBytes = 128 * 1024 * 1024

/** Puts a stream of bytes together to Kafka's frames: a length of four bytes, and as many bytes. */
export class FrameSplitter {
  readonly #chunks: Buffer[] = []
  #held = 0

  /**
   * The frames that are complete with this chunk, each with its length.
   *
   * @throws Error where the bytes cannot be a frame
   */
  push(chunk: Buffer): readonly Buffer[] {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    const frames: Buffer[] = []
    for (let wanted = this.#wanted(); wanted <= this.#held; wanted = this.#wanted()) {
      frames.push(this.#take(wanted))
    }
    return frames
  }

  #wanted(): number {
    if (this.#held < lengthBytes) return lengthBytes
    const first = this.#chunks[0]
    const head = first !== undefined && first.length >= lengthBytes ? first : this.#joined()
    const length = head.readInt32BE(0)
    if (length < 0 || length > maxFrameBytes) throw new Error(`no frame of Kafka: a length of ${length}`)
    return lengthBytes + length
  }

  #take(bytes: number): Buffer {
    const all = this.#joined()
    this.#held -= bytes
    this.#chunks.length = 0
    if (this.#held > 0) this.#chunks.push(all.subarray(bytes))
    return all.subarray(0, bytes)
  }

  #joined(): Buffer {
    const [only] = this.#chunks
    if (this.#chunks.length === 1 && only !== undefined) return only
    const all = Buffer.concat(this.#chunks)
    this.#chunks.length = 0
    this.#chunks.push(all)
    return all
  }
}
