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
      await unlessAborted(before, signal)
    } catch (reason) {
      end()
      throw reason
    }
    return end
  }
}

function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
