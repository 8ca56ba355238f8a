/** Wakes all who wait for something to happen; each then looks for itself whether it was what it waits for. */
export class Changes {
  #waited: Promise<void> | undefined
  #wake: () => void = () => {}

  /** Resolves when something happens after this call. */
  next(): Promise<void> {
    this.#waited ??= new Promise((resolve) => {
      this.#wake = resolve
    })
    return this.#waited
  }

  happened(): void {
    this.#waited = undefined
    this.#wake()
  }
}
