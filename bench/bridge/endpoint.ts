import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freePorts } from '../../src/local-stack/free-ports.ts'
import { WatchedProcess } from '../../src/local-stack/watched-process.ts'

/** What the endpoint has seen since it was reset. */
export interface Arrivals {
  /** Requests answered. */
  readonly answered: number
  /** From the arrival of the first request to the answer of the last. */
  readonly seconds: number
  /** Events that came after a later one of their repository, or again. */
  readonly reordered: number
  /** Events that were left out before a later one of their repository. */
  readonly gaps: number
  /** Requests that came while another one of their repository was not answered yet. */
  readonly overlap: number
  /** Requests at once at most; 0: none has come. */
  readonly mostInFlight: number
  /** Bodies that are none of the benchmark's. */
  readonly unparsed: number
}

/** A server of the rivals' folder that answers 204 after a fixed time, and checks the order of each repository. */
export class Endpoint {
  readonly url: string
  readonly #process: WatchedProcess
  readonly #base: string

  private constructor(process: WatchedProcess, base: string) {
    this.#process = process
    this.#base = base
    this.url = `${base}/hook`
  }

  /** @param temporaryDir removed when this process dies before it can do so itself */
  static async start(rivalsDir: string, temporaryDir: string): Promise<Endpoint> {
    const program = join(rivalsDir, 'sink')
    if (!existsSync(program))
      throw new Error(`${program} is missing: RIVALS_DIR names the folder it was built into`)
    const [port] = await freePorts(1)
    const address = `127.0.0.1:${port}`
    const server = new WatchedProcess({
      command: [program, '-addr', address],
      variables: process.env,
      temporaryDir,
    })
    const endpoint = new Endpoint(server, `http://${address}`)
    while (!(await endpoint.#listens())) {
      if (!server.running) throw new Error(`the endpoint ended:\n${server.log.excerpt()}`)
      await pause(20)
    }
    return endpoint
  }

  /** Forgets what it has seen; from here on every answer takes so long. */
  async reset(latencyMs: number): Promise<void> {
    await fetch(`${this.#base}/reset?latency_ms=${latencyMs}`)
  }

  async arrivals(): Promise<Arrivals> {
    const response = await fetch(`${this.#base}/stats`)
    const stats = (await response.json()) as Readonly<Record<string, number>>
    const number = (name: string): number => Number(stats[name])
    return {
      answered: number('n'),
      seconds: number('secs'),
      reordered: number('reordered'),
      gaps: number('gap'),
      overlap: number('overlap'),
      mostInFlight: number('max_inflight'),
      unparsed: number('unparsed'),
    }
  }

  async stop(): Promise<void> {
    this.#process.signal('SIGKILL')
    await this.#process.ended
    this.#process.release()
  }

  #listens(): Promise<boolean> {
    return this.arrivals().then(
      () => true,
      () => false,
    )
  }
}
