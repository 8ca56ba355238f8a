/** What `startLocalStack` is doing, for a person who waits. */
export interface StackProgress {
  /**
   * `look`: a way was offered, but cannot be gone (the detail says why); `download`: server jars or images are fetched, only the
   * first time; `start`: servers were started; `ready`: all of them answer.
   */
  readonly step: 'look' | 'download' | 'start' | 'ready'
  /** One line for a person. */
  readonly detail: string
  /** Bytes fetched, in the steps that fetch. */
  readonly done?: number
  /** Bytes to fetch, as far as they are known; never less than `done`. */
  readonly total?: number
}

export type OnProgress = (progress: StackProgress) => void
