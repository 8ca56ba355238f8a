import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'

export class Child {
  readonly #process: ChildProcess
  readonly #closed: Promise<unknown>
  #output = ''

  /** Runs `spool-child.ts`, under the command and arguments `around` it where given; it does not outlive the test. */
  constructor(t: TestContext, parameters: readonly string[], around: readonly string[] = []) {
    const script = fileURLToPath(import.meta.resolve('./spool-child.ts'))
    const all = [...around, process.execPath, '--import', 'tsx', script, ...parameters]
    // One thread of the pool: calls of the disk come from one thread, in order.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' }
    this.#process = spawn(all[0] ?? '', all.slice(1), { env, stdio: ['pipe', 'pipe', 'inherit'] })
    this.#closed = once(this.#process, 'close')
    this.#process.stdout?.on('data', (part: Buffer) => {
      this.#output += part.toString()
    })
    t.after(() => this.#process.kill('SIGKILL'))
  }

  get lines(): readonly string[] {
    return this.#output.split('\n').slice(0, -1)
  }

  async says(line: string): Promise<void> {
    await until(() => this.lines.includes(line) || this.#process.exitCode !== null, {
      ms: 120_000,
      what: () => this.#output,
    })
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#closed
  }

  /** Lets it close its spool and end. */
  async end(): Promise<void> {
    this.#process.stdin?.end()
    await this.#closed
  }
}

export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'spool-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}
