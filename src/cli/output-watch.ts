import { exitCode } from './failure.ts'

/** The part of a stream that tells of what went wrong. */
export interface FailingStream {
  on(event: 'error', listener: (error: Error) => void): unknown
}

export interface OutputWatchOptions {
  readonly out: FailingStream
  readonly errors: FailingStream
  /** Says a line where it may still be read. */
  readonly tell: (line: string) => void
  /** Called once, at the first thing that is wrong: it may come when the command has its exit code already. */
  readonly onBroken: () => void
}

/**
 * Outputs that cannot be written end no command in the middle of its work, as an error that nobody listens to would. That
 * nobody reads them any more, as behind `head`, is not even wrong; anything else, a full disk below them, is said in one line.
 */
export class OutputWatch {
  #broken = false

  constructor({ out, errors, tell, onBroken }: OutputWatchOptions) {
    const listen = (stream: FailingStream, name: string): void => {
      stream.on('error', (error) => {
        // A standard output that failed is tried again at each line, and fails again.
        if (this.#broken || isLeft(error)) return
        this.#broken = true
        tell(`${name} cannot be written: ${error.message}`)
        onBroken()
      })
    }
    listen(out, 'standard output')
    listen(errors, 'standard error')
  }

  /** The exit code of a command that ended with `code`, and whose words did not all arrive. */
  codeOf(code: number): number {
    return this.#broken && code === exitCode.success ? exitCode.failure : code
  }
}

/** Whoever read it is gone. */
export function isLeft(error: Error): boolean {
  return 'code' in error && error.code === 'EPIPE'
}
