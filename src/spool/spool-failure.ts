import { RelayError, toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'
import { SyncFailure } from './disk-error.ts'

/** What the disk did that nothing can be built on any more. There is only the first: what follows is its consequence. */
export class SpoolFailure {
  readonly #folder: string
  readonly #logger: Logger
  readonly #onRaise: (reason: RelayError) => void
  #reason: RelayError | undefined

  constructor(folder: string, logger: Logger, onRaise: (reason: RelayError) => void) {
    this.#folder = folder
    this.#logger = logger
    this.#onRaise = onRaise
  }

  get reason(): RelayError | undefined {
    return this.#reason
  }

  /** @throws RelayError SPOOL_FAILED once it is raised */
  check(): void {
    if (this.#reason !== undefined) throw this.#reason
  }

  /** The error to throw; `at` says what the spool was doing. */
  raise(at: string, error: unknown): RelayError {
    if (this.#reason === undefined) {
      const what = error instanceof SyncFailure ? 'did not confirm a write' : 'failed'
      const message = `the disk of the spool ${this.#folder} ${what} (${at}): ${toError(error).message}`
      this.#reason = new RelayError('SPOOL_FAILED', message, { cause: error })
      this.#logger.error({ err: toError(error), at }, 'the spool accepts nothing any more')
      this.#onRaise(this.#reason)
    }
    return this.#reason
  }
}
