import type { Travelled } from './journey.ts'

/** What the receiver got, with a way to wait for it. */
export class Arrivals {
  readonly all: Travelled[] = []
  #onArrival: (() => void) | undefined

  add(event: Travelled): void {
    this.all.push(event)
    this.#onArrival?.()
  }

  async until(count: number, patienceMs: number): Promise<void> {
    const patience = AbortSignal.timeout(patienceMs)
    await new Promise<void>((resolve) => {
      const check = (): void => {
        if (this.all.length >= count || patience.aborted) resolve()
      }
      this.#onArrival = check
      patience.addEventListener('abort', check, { once: true })
      check()
    })
  }
}
