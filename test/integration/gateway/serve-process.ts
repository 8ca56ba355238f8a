import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'
import { readyz } from './gateway-bed.ts'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

export interface ProcessEnd {
  /** Exit status; undefined where a signal ended it. */
  readonly status: number | undefined
  readonly signal: NodeJS.Signals | undefined
  /** All of what it wrote: standard output and standard error. */
  readonly output: string
}

/** `registry-relay serve` as a process of its own. */
export class ServeProcess {
  readonly ended: Promise<ProcessEnd>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  #listening: { readonly notifications: string; readonly management: string } | undefined

  /** @param environment beside that of the test */
  constructor(configFile: string, environment: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, 'serve', '--config', configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#read(line))
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => {
        resolve({ status: code ?? undefined, signal: signal ?? undefined, output: this.#lines.join('\n') })
      })
    })
  }

  /** Where to post, when it listens. */
  async listening(): Promise<string> {
    await until(() => this.#listening !== undefined || this.#child.exitCode !== null, {
      what: () => this.#lines.join('\n'),
    })
    return this.#addresses.notifications
  }

  get management(): string {
    return this.#addresses.management
  }

  /** It wrote a line that holds this, so many times. */
  async says(text: string, times = 1): Promise<void> {
    await until(() => this.#lines.filter((line) => line.includes(text)).length >= times, {
      what: () => this.#lines.join('\n'),
    })
  }

  /** The number of notifications that wait for Kafka. */
  async waiting(): Promise<number> {
    const { reason = '' } = (await readyz(this.management)).parts['spool'] ?? {}
    return Number(/^(\d+) notifications wait/.exec(reason)?.[1] ?? 0)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Sends it again and again, as somebody impatient does, until the process is gone. */
  async signalled(name: NodeJS.Signals): Promise<void> {
    await until(() => this.#child.exitCode !== null || !this.#child.kill(name))
  }

  /** SIGKILL; resolves when it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  get #addresses(): { readonly notifications: string; readonly management: string } {
    if (this.#listening === undefined) throw new Error(`it does not listen: ${this.#lines.join('\n')}`)
    return this.#listening
  }

  #read(line: string): void {
    this.#lines.push(line)
    if (!line.includes('"gateway listens"')) return
    this.#listening = JSON.parse(line) as { notifications: string; management: string }
  }
}
