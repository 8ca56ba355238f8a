/** A limit on bytes held at the same time. */
export class ByteBudget {
  readonly limit: number
  #used = 0

  constructor(limit: number) {
    this.limit = limit
  }

  get used(): number {
    return this.#used
  }

  /** False, and nothing taken, if that would pass the limit. */
  take(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false
    this.#used += bytes
    return true
  }

  /** Of bytes that were taken. */
  release(bytes: number): void {
    this.#used -= bytes
  }
}
