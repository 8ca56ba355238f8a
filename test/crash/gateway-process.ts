import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Mutation } from './mutations.ts'

const program = fileURLToPath(new URL('./crash-gateway.ts', import.meta.url))

export interface GatewayProcessOptions {
  readonly configFile: string
  /** File descriptor for what it logs. */
  readonly log: number
  /** `<point>:<n>`: where it ends itself. */
  readonly crashAt?: string | undefined
  readonly mutation?: Mutation | undefined
}

/** How a process ended. */
export interface End {
  /** Signal or exit status, in words. */
  readonly how: string
  /** The point at which it killed itself. */
  readonly crashed: string | undefined
}

/**
 * A gateway as a process of its own. It loads its program and then waits for {@link start}, so that the next one is warm
 * when the last one dies: without that, most of a run would be the start of Node. It ends with this process.
 */
export class GatewayProcess {
  /** Resolves when the port is open; rejects when the process ends before. */
  readonly listening: Promise<void>
  /** Never rejects. */
  readonly ended: Promise<End>
  readonly #child: ChildProcess
  #crashed: string | undefined

  constructor({ configFile, log, crashAt, mutation }: GatewayProcessOptions) {
    this.#child = spawn(process.execPath, ['--import', 'tsx/esm', program, configFile], {
      stdio: ['pipe', 'pipe', log],
      env: { ...process.env, CRASH_AT: crashAt, CRASH_MUTATION: mutation },
    })
    this.#child.stdin?.on('error', () => undefined)
    const closed = new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit status ${code}`))
    })
    this.ended = closed.then((how) => ({ how, crashed: this.#crashed }))
    this.listening = new Promise((resolve, reject) => {
      this.#read(resolve)
      void this.ended.then(({ how }) => reject(new Error(`the gateway ended before it listened: ${how}`)))
    })
    // Whoever kills it while it starts does not wait for it to listen.
    this.listening.catch(() => undefined)
  }

  start(): void {
    this.#child.stdin?.write('start\n')
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  /** An orderly stop. */
  async stop(): Promise<End> {
    this.#child.stdin?.end()
    return this.ended
  }

  #read(onListening: () => void): void {
    if (this.#child.stdout === null) return
    createInterface(this.#child.stdout).on('line', (line) => {
      const said = JSON.parse(line) as { readonly url?: string; readonly crashed?: string }
      if (said.url !== undefined) onListening()
      this.#crashed = said.crashed ?? this.#crashed
    })
  }
}
