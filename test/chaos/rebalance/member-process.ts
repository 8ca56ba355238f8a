import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Join } from './history.ts'
import type { MemberConfig, SaidJoin } from './member-config.ts'

const program = fileURLToPath(new URL('./member.ts', import.meta.url))

/**
 * A member as a process of its own. It loads its program and then waits for {@link start}: on a small machine that takes
 * longer than the time between two changes.
 */
export class MemberProcess {
  readonly name: string
  /** Signal or exit status, in words. Never rejects. */
  readonly ended: Promise<string>
  /** What it stands at, as far as it was told to. */
  state: 'waiting' | 'running' | 'paused' | 'going' = 'waiting'
  readonly #child: ChildProcess
  #joins = 0

  /** @param log file descriptor for what it logs */
  constructor(config: MemberConfig, log: number, onJoin: (join: Join) => void) {
    this.name = config.name
    this.#child = spawn(process.execPath, ['--import', 'tsx/esm', program, JSON.stringify(config)], {
      stdio: ['pipe', 'pipe', log],
    })
    this.#child.stdin?.on('error', () => undefined)
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message))
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit status ${code}`))
    })
    if (this.#child.stdout === null) return
    createInterface(this.#child.stdout).on('line', (line) => {
      this.#joins += 1
      onJoin({ member: this.name, ...(JSON.parse(line) as SaidJoin) })
    })
  }

  /** How often it has joined the group. */
  get joins(): number {
    return this.#joins
  }

  start(): void {
    this.state = 'running'
    this.#child.stdin?.write('start\n')
  }

  /** An orderly stop: SIGTERM. */
  stop(): void {
    this.state = 'going'
    this.#child.kill('SIGTERM')
  }

  kill(): void {
    this.state = 'going'
    this.#child.kill('SIGKILL')
  }

  pause(): void {
    this.state = 'paused'
    this.#child.kill('SIGSTOP')
  }

  resume(): void {
    this.state = 'running'
    this.#child.kill('SIGCONT')
  }
}
