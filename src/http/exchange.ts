import type { Dispatcher } from 'undici'
import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'

/** The final answer, as far as it decides anything. */
export interface AnswerHead {
  readonly status: number
  readonly retryAfter?: string
}

/** A receiver has nothing to say that we keep; up to here it is read, so that the connection can be used again. */
const maxAnswerBytes = 64 * 1024
const ended = Promise.resolve()

type State = 'waiting' | 'answered' | 'over'

/**
 * One request and its answer, as undici tells them. The headers are the verdict: they settle {@link head}, and nothing
 * that happens afterwards can take it back.
 *
 *     waiting ──headers──▶ answered ──end, error, too many bytes, out of time──▶ over
 *     waiting ──error, abort──▶ over
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly head: Promise<AnswerHead>
  #resolve!: (head: AnswerHead) => void
  #reject!: (error: unknown) => void
  #state: State = 'waiting'
  #controller: Dispatcher.DispatchController | undefined
  #aborted: { readonly reason: unknown } | undefined
  #bytes = 0
  #onOver: (() => void) | undefined
  readonly #beforeSending: () => void

  /** @param beforeSending called when a connection is there and nothing is sent yet; may {@link abort} */
  constructor(beforeSending: () => void) {
    this.#beforeSending = beforeSending
    this.head = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  /** Breaks it off. While there is no answer {@link head} rejects with the reason, at once. */
  abort(reason: unknown): void {
    this.#aborted = { reason }
    // First, since the client would say it in words of its own.
    if (this.#state === 'waiting') this.#fail(reason)
    // Waiting for a connection, it cannot be taken out of the queue: it is stopped when its turn comes.
    this.#controller?.abort(toError(reason))
  }

  /**
   * To be called once {@link head} has resolved.
   *
   * @returns resolves when the rest of the answer has been read or given up. Never rejects.
   */
  rest(clock: Clock, limitMs: number): Promise<void> {
    if (this.#state === 'over') return ended
    return new Promise((resolve) => {
      // One that drips a byte a second never trips the idle limit of the client.
      const cancel = clock.after(limitMs, () => this.drop())
      this.#onOver = () => {
        cancel()
        resolve()
      }
    })
  }

  /** Gives up the rest of the answer, and the connection with it. */
  drop(): void {
    if (this.#state !== 'over') this.#controller?.abort(new Error('the rest of the answer is not wanted'))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#beforeSending()
    this.#controller = controller
    if (this.#aborted !== undefined) controller.abort(toError(this.#aborted.reason))
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // 103 and its like are followed by the answer.
    if (status < 200) return
    this.#state = 'answered'
    const given = headers['retry-after']
    const retryAfter = typeof given === 'object' ? given[0] : given
    this.#resolve(retryAfter === undefined ? { status } : { status, retryAfter })
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#bytes += chunk.length
    if (this.#bytes > maxAnswerBytes) this.drop()
  }

  onResponseEnd(): void {
    this.#over()
  }

  onResponseError(_: unknown, error: Error): void {
    if (this.#state === 'waiting') this.#fail(error)
    else this.#over()
  }

  #fail(reason: unknown): void {
    this.#reject(reason)
    this.#over()
  }

  #over(): void {
    this.#state = 'over'
    this.#onOver?.()
  }
}
