import { type ChildProcess, spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { LogBuffer } from './log-buffer.ts'

const watchScript = fileURLToPath(new URL('../../stack/watch.sh', import.meta.url))

export interface WatchedCommand {
  /** Program and arguments. */
  readonly command: readonly string[]
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Where it runs; default: where this process does. */
  readonly workingDir?: string
  /** Removed when this process dies. */
  readonly temporaryDir?: string | undefined
  /** A container to remove when this process dies, instead of ending the command. */
  readonly container?: string | undefined
  /** Where its output goes; default: a buffer of its own. */
  readonly log?: LogBuffer
  readonly onOutput?: (text: string) => void
}

/**
 * A child process that cannot outlive this one: `stack/watch.sh` holds a pipe from here, becomes the command, and
 * leaves a watcher that ends it when the pipe ends. Its id is the id of the command itself, because the shell
 * replaces itself; so signals go straight to the server.
 */
export class WatchedProcess {
  readonly log: LogBuffer
  /** Resolves with what ended it, in words, when it has ended and its output has been read. Never rejects. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #watcher: Writable | undefined
  #running = true

  constructor(command: WatchedCommand) {
    this.log = command.log ?? new LogBuffer()
    const marks = [command.temporaryDir ?? '', command.container ?? '']
    this.#child = spawn('/bin/sh', [watchScript, ...marks, ...command.command], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: command.variables,
      cwd: command.workingDir,
      // A group of its own: Ctrl-C in a terminal reaches every process of the group in front, and would stop the
      // broker under the feet of a program that still has records to send.
      detached: true,
    })
    this.#watcher = this.#child.stdio[3] as Writable | undefined
    // EPIPE when the watcher is gone before us: there is nobody left to tell.
    this.#watcher?.on('error', () => {})
    this.ended = this.#follow(command.onOutput)
  }

  async #follow(onOutput: ((text: string) => void) | undefined): Promise<string> {
    const outputs = [this.#child.stdout, this.#child.stderr].map((stream) => {
      if (stream === null) return Promise.resolve()
      stream.setEncoding('utf8')
      stream.on('data', (text: string) => {
        this.log.write(text)
        onOutput?.(text)
      })
      return new Promise<void>((resolve) => stream.once('close', resolve))
    })
    const reason = await new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('exit', (code, signal) => resolve(signal ?? `exit status ${code}`))
    })
    this.#running = false
    // From here on its id may be given to another process: the watcher must not signal it any more. It stays, for the
    // temporary folder, until release().
    this.#watcher?.write('gone\n')
    await Promise.all(outputs)
    return reason
  }

  get running(): boolean {
    return this.#running
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Sends a signal; nothing happens when it has ended already. */
  signal(name: NodeJS.Signals): void {
    if (this.#running) this.#child.kill(name)
  }

  /** Lets the watcher go: call it when the process has ended and somebody else looks after the temporary folder. */
  release(): void {
    this.#watcher?.end('released\n')
  }
}
