import { orAborted } from '../sink/watch-abort.ts'

/** Gives the turn back; with a promise, as soon as that has resolved. */
export type EndTurn = (when?: Promise<void>) => void

/** One at a time, in the order of asking. */
export class Turns {
  #last: Promise<void> = Promise.resolve()

  /** Resolves when all turns asked for so far are over. */
  get over(): Promise<void> {
    return this.#last
  }

  /** Rejects with the signal's reason if it is aborted before the turn has come. */
  async take(signal: AbortSignal): Promise<EndTurn> {
    const before = this.#last
    let resolveMine = (): void => {}
    const mine = new Promise<void>((resolve) => {
      resolveMine = resolve
    })
    // Behind all others also when this one is withdrawn: the next in line must not overtake them.
    this.#last = before.then(() => mine)
    const end: EndTurn = (when = Promise.resolve()) => {
      when.then(resolveMine, resolveMine)
    }
    try {
      await orAborted(before, signal)
    } catch (reason) {
      end()
      throw reason
    }
    return end
  }
}
