/** A turn's worth: large enough to be one sequential write, small enough that nobody waits long behind it. */
const groupBytes = 8 * 1024 * 1024

interface Waiting {
  readonly content: Buffer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets all who wait share one commit. While a commit runs newcomers gather; the next takes them all. A lone caller so
 * waits for one sync, and a thousand at once for two, without a timer.
 */
export class GroupCommit {
  readonly #commit: (contents: readonly Buffer[]) => Promise<void>
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  /** `commit` gets the contents in order of arrival, never twice at a time; its outcome is that of all in the group. */
  constructor(commit: (contents: readonly Buffer[]) => Promise<void>) {
    this.#commit = commit
  }

  add(content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ content, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when all that was added has its outcome. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    // One turn of patience: requests that became readable together are all here before the first write.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const group = this.#takeGroup()
      const contents = group.map(({ content }) => content)
      let settle: (one: Waiting) => void = ({ resolve }) => resolve()
      try {
        await this.#commit(contents)
      } catch (error) {
        settle = ({ reject }) => reject(error)
      }
      group.forEach(settle)
    }
    this.#running = undefined
  }

  #takeGroup(): Waiting[] {
    let bytes = 0
    const past = this.#waiting.findIndex(({ content }, index) => {
      bytes += content.length
      return index > 0 && bytes > groupBytes
    })
    return this.#waiting.splice(0, past === -1 ? this.#waiting.length : past)
  }
}
