/** A program that takes notifications by HTTP and keeps them in a topic. */
export interface Contender {
  readonly name: string
  readonly pid: number
  /** Where to post to. */
  readonly url: string
  readonly topic: string
  /** Header lines of every POST beside those of a registry. */
  readonly headers: readonly string[]
  /** Whether the senders ask for gzip, as every registry does. */
  readonly gzip: boolean
  /** Resolves when all that was acknowledged is in the topic: at once where that is what a 2xx means. */
  settled(): Promise<void>
}

/** Something started that is to be ended. */
export interface Running {
  stop(): Promise<void>
}
