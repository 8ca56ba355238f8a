import { isLeft } from './output-watch.ts'

/** The part of a stream that is written to. */
export interface LineStream {
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
}

/** Lines on standard output for somebody who may take them slowly, or stop taking them, as `head` does. */
export class LineOutput {
  /** Resolves when nobody reads any more, or the output cannot be written. */
  readonly closed: Promise<void>
  readonly #stream: LineStream
  #broken: Error | undefined
  #isClosed = false

  constructor(stream: LineStream) {
    this.#stream = stream
    this.closed = new Promise((resolve) => {
      stream.on('error', (error) => {
        if (!isLeft(error)) this.#broken ??= error
        this.#isClosed = true
        resolve()
      })
    })
  }

  /** What went wrong with the output; that nobody reads it any more is not wrong. */
  get broken(): Error | undefined {
    return this.#broken
  }

  /** Resolves when the next line may come. */
  async line(text: string): Promise<void> {
    if (this.#isClosed || this.#stream.write(`${text}\n`)) return
    await Promise.race([new Promise<void>((resolve) => this.#stream.once('drain', resolve)), this.closed])
  }
}
