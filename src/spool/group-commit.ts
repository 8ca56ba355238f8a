import type { Clock } from '../clock.ts'
import { Pace } from '../pace.ts'

/** A turn's worth: large enough to be one sequential write, small enough that nobody waits long behind it. */
const groupBytes = 8 * 1024 * 1024

interface Waiting {
  readonly content: Buffer
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Lets all who wait share one commit. While a commit runs newcomers gather; the next takes them all. A lone caller so
 * waits for one sync. Where many come and go, a commit of the few that are back first costs as much as one of all, so
 * the next is held back for a moment, see {@link Pace}.
 */
export class GroupCommit {
  readonly #commit: (contents: readonly Buffer[]) => Promise<void>
  readonly #clock: Clock
  readonly #pace: Pace
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  /** Ends the holding back; undefined while there is none. */
  #goOn: (() => void) | undefined

  /** `commit` gets the contents in order of arrival, never twice at a time; its outcome is that of all in the group. */
  constructor(commit: (contents: readonly Buffer[]) => Promise<void>, clock: Clock, paceMs: number) {
    this.#commit = commit
    this.#clock = clock
    this.#pace = new Pace(paceMs)
  }

  add(content: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ content, resolve, reject })
      if (this.#goOn !== undefined && this.#holdMs() === 0) this.#goOn()
      this.#running ??= this.#run()
    })
  }

  /** Holds nothing back any more, and resolves when all that was added has its outcome. */
  async idle(): Promise<void> {
    this.#pace.stop()
    this.#goOn?.()
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    // One turn of patience: requests that became readable together are all here before the first write.
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      this.#pace.saw(this.#waiting.length, this.#clock.monotonic())
      await this.#gather()
      this.#pace.began(this.#clock.monotonic())
      const group = this.#takeGroup()
      const contents = group.map(({ content }) => content)
      let settle: (one: Waiting) => void = ({ resolve }) => resolve()
      try {
        await this.#commit(contents)
      } catch (error) {
        settle = ({ reject }) => reject(error)
      }
      this.#pace.saw(group.length + this.#waiting.length, this.#clock.monotonic())
      group.forEach(settle)
    }
    this.#running = undefined
  }

  #holdMs(): number {
    return this.#pace.holdMs(this.#waiting.length, this.#clock.monotonic())
  }

  async #gather(): Promise<void> {
    const holdMs = this.#holdMs()
    if (holdMs === 0) return
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(holdMs, resolve)
      this.#goOn = () => {
        cancel()
        resolve()
      }
    })
    this.#goOn = undefined
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
