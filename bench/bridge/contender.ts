import { WatchedProcess } from '../../src/local-stack/watched-process.ts'
import { cpuSeconds, peakMegabytes, residentMegabytes } from '../gateway/process-usage.ts'
import type { LoadedTopics } from './topics.ts'

/** What a contender is to deliver, and where to. */
export interface Task {
  readonly topics: LoadedTopics
  /** A word that no other run has: nothing is committed yet, but for what the last one that had it committed. */
  readonly run: string
  readonly url: string
  /** Requests at once at most. */
  readonly inFlight: number
}

/** A program that brings a topic to an endpoint. */
export interface Contender {
  readonly name: string
  /** Of the topic that it reads; undefined: it reads none. */
  readonly topicOf: ((topics: LoadedTopics) => string) | undefined
  /** Group whose offsets say what it has done. */
  readonly groupOf: (run: string) => string
  start(task: Task): Running
}

/** One process of a contender. Nothing of the last one is left in it: each sample starts its own. */
export class Running {
  readonly #name: string
  readonly #process: WatchedProcess

  constructor(
    name: string,
    command: readonly string[],
    variables: Readonly<Record<string, string | undefined>> = {},
  ) {
    this.#name = name
    this.#process = new WatchedProcess({ command, variables: { ...process.env, ...variables } })
  }

  get cpuSeconds(): number {
    return cpuSeconds(this.#pid)
  }

  get residentMb(): number {
    return residentMegabytes(this.#pid)
  }

  get peakMb(): number {
    return peakMegabytes(this.#pid)
  }

  /** @throws Error: with the last it said, when it has ended by itself */
  check(): void {
    if (!this.#process.running) throw this.failure('ended')
  }

  failure(what: string): Error {
    return new Error(`${this.#name} ${what}:\n${this.#process.log.excerpt()}`)
  }

  /** As an operator would, so that profiles are written; by force if that takes longer than 20 s. */
  async stop(): Promise<void> {
    const late = setTimeout(() => this.#process.signal('SIGKILL'), 20_000)
    await this.#end('SIGTERM')
    clearTimeout(late)
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#process.signal(signal)
    await this.#process.ended
    this.#process.release()
  }

  get #pid(): number {
    this.check()
    return this.#process.pid ?? 0
  }
}
