import { type Clock, sleep } from '../clock.ts'
import { RelayError, toError } from '../errors.ts'
import type { Logger } from '../telemetry.ts'
import type { LocalServer } from './local-server.ts'
import { LogBuffer } from './log-buffer.ts'
import type { WatchedProcess } from './watched-process.ts'

/** How one server is run: the part that differs between Java and Docker. */
export interface ServerRunner {
  readonly name: string
  readonly version: string
  /** Made anew at each start; `again` is false for the first one. */
  launch(log: LogBuffer, again: boolean): WatchedProcess
  /** SIGTERM, SIGKILL, SIGSTOP or SIGCONT. */
  signal(process: WatchedProcess, name: NodeJS.Signals): void
  /** Rejects while the server does not answer. */
  probe(timeoutMs: number): Promise<void>
  /** Called once, after the first successful probe of each start. */
  prepare?(): Promise<void>
  /** Removes what a run leaves behind beside the data folder. */
  dispose?(): Promise<void>
}

export interface ManagedServerOptions {
  readonly runner: ServerRunner
  readonly clock: Clock
  readonly logger: Logger
  /** How long a start may take. Default 60 s: twenty times what it takes on an idle machine. */
  readonly startTimeoutMs?: number
  /** How long a stop may take before it becomes a kill. Default 10 s. */
  readonly stopTimeoutMs?: number
}

const probeTimeoutMs = 2000
const probeEveryMs = 50
/** Of starts on a port that somebody else held for a moment (a client's own end of a connection is enough). */
const bindAttempts = 4
const addressInUse = /Address already in use|BindException|Port already bound|port is already allocated/i

/**
 * A server that this process runs: {@link LocalServer} over a {@link ServerRunner}.
 *
 * States: never started (no process) -> running -> ended -> running ... A start moves to running and resolves once the
 * server answers, or ends it again. `stop`, `kill` and an end of its own move to ended; only the last is an error in
 * the log. The process object is kept while ended, because its watcher still guards the temporary folder.
 */
export class ManagedServer implements LocalServer {
  readonly name: string
  readonly version: string
  readonly #runner: ServerRunner
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #startTimeoutMs: number
  readonly #stopTimeoutMs: number
  readonly #log = new LogBuffer()
  #process: WatchedProcess | undefined
  /** Operations wait for each other: a start that overlaps a kill would meet the ports of the dying server. */
  #last: Promise<void> = Promise.resolve()
  /** The end that comes was asked for. */
  #ending = false

  constructor(options: ManagedServerOptions) {
    this.#runner = options.runner
    this.name = options.runner.name
    this.version = options.runner.version
    this.#clock = options.clock
    this.#logger = options.logger
    this.#startTimeoutMs = options.startTimeoutMs ?? 60_000
    this.#stopTimeoutMs = options.stopTimeoutMs ?? 10_000
  }

  logs(): string {
    return this.#log.text()
  }

  start(): Promise<void> {
    return this.#inTurn(() => this.#start())
  }

  stop(): Promise<void> {
    return this.#inTurn(() => this.#end('SIGTERM'))
  }

  kill(): Promise<void> {
    return this.#inTurn(() => this.#end('SIGKILL'))
  }

  pause(): void {
    this.#signal('SIGSTOP')
  }

  resume(): void {
    this.#signal('SIGCONT')
  }

  /** Stops it and lets its watcher go: the last call, when the caller removes the data itself. */
  async dispose(): Promise<void> {
    await this.stop()
    await this.#runner.dispose?.()
    this.#process?.release()
    this.#process = undefined
  }

  /** True when its port was taken by somebody else between the choice of the port and the bind. */
  get addressWasInUse(): boolean {
    return addressInUse.test(this.#log.text())
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(work)
    this.#last = turn.catch(() => {})
    return turn
  }

  #signal(name: NodeJS.Signals): void {
    if (this.#process?.running) this.#runner.signal(this.#process, name)
  }

  async #start(): Promise<void> {
    if (this.#process?.running) return
    const again = this.#process !== undefined
    for (let attempt = 1; ; attempt++) {
      const failure = await this.#attempt(again || attempt > 1)
      if (failure === undefined) return
      // The first start of all takes new ports instead (the caller's affair); a start on kept ports can only wait.
      if (!again || attempt === bindAttempts || !addressInUse.test(failure.message)) throw failure
      await sleep(this.#clock, 500 * attempt)
    }
  }

  async #attempt(again: boolean): Promise<RelayError | undefined> {
    const began = this.#clock.monotonic()
    // The watcher of the last run is let go only when the next one holds its pipe: at no moment may the
    // death of this process leave the temporary folder behind.
    const previous = this.#process
    const process = this.#runner.launch(this.#log, again)
    this.#process = process
    this.#ending = false
    previous?.release()
    void process.ended.then((reason) => this.#onEnded(process, reason))
    const failure = await this.#waitUntilReady(process, began)
    if (failure === undefined) return undefined
    await this.#end('SIGKILL')
    return new RelayError(
      'REAL_PARTS_FAILED',
      `${this.name} ${this.version} did not start: ${failure}. Its last lines:\n${this.#log.excerpt()}`,
    )
  }

  async #waitUntilReady(process: WatchedProcess, began: number): Promise<string | undefined> {
    let refusal = 'it was not asked yet'
    while (this.#clock.monotonic() - began < this.#startTimeoutMs) {
      try {
        await this.#runner.probe(probeTimeoutMs)
        // A server that dies because its port is taken leaves a port that answers: the other program's.
        if (!process.running) return this.#deathOf(process)
        await this.#runner.prepare?.()
        return undefined
      } catch (error) {
        refusal = toError(error).message
      }
      if (!process.running) return this.#deathOf(process)
      await sleep(this.#clock, probeEveryMs)
    }
    return `it did not answer within ${this.#startTimeoutMs / 1000} s (${refusal})`
  }

  async #deathOf(process: WatchedProcess): Promise<string> {
    return `it ended with ${await process.ended}`
  }

  async #end(name: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const process = this.#process
    if (process === undefined || !process.running) return
    this.#ending = true
    this.#runner.signal(process, name)
    // A server that stands still hears SIGTERM only when it goes on.
    if (name === 'SIGTERM') this.#runner.signal(process, 'SIGCONT')
    const cancel = this.#clock.after(this.#stopTimeoutMs, () => this.#runner.signal(process, 'SIGKILL'))
    await process.ended
    cancel()
  }

  #onEnded(process: WatchedProcess, reason: string): void {
    if (this.#ending || process !== this.#process) return
    this.#logger.error(
      { server: this.name, reason, lastLines: this.#log.excerpt(5) },
      'a server of the local stack ended by itself',
    )
  }
}
