import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/** `registry-relay bridge` as a process of its own, with a configuration of its own. Killed when the test ends. */
export class BridgeProcess {
  /** Resolves when it has ended, with its exit status; undefined where a signal ended it. */
  readonly ended: Promise<number | undefined>
  readonly #file: string
  readonly #child: ChildProcess
  readonly #lines: string[] = []

  /**
   * @param config what its file says; the management server listens anywhere
   * @param environment beside that of the test
   */
  constructor(
    t: TestContext,
    config: Readonly<Record<string, unknown>>,
    environment: Readonly<Record<string, string>> = {},
  ) {
    const folder = mkdtempSync(join(tmpdir(), 'relay-bridge-'))
    const file = join(folder, 'relay.yaml')
    this.#file = file
    this.rewrite(config)
    this.#child = spawn(process.execPath, ['--import', 'tsx', program, 'bridge', '--config', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...environment },
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#lines.push(line))
    }
    this.ended = new Promise((resolve) => this.#child.once('close', (code) => resolve(code ?? undefined)))
    t.after(async () => {
      await this.kill()
      rmSync(folder, { recursive: true, force: true })
    })
  }

  /** Gives its file another content, which it is not told of. */
  rewrite(config: Readonly<Record<string, unknown>>): void {
    const whole = { management: { port: 0 }, logging: { format: 'json' }, ...config }
    writeFileSync(this.#file, JSON.stringify(whole))
  }

  /** Every line that holds this, read. */
  lines(text: string): readonly Record<string, unknown>[] {
    return this.#lines.filter((line) => line.includes(text)).map((line) => JSON.parse(line))
  }

  /** Base URL of its management server, as soon as it runs. */
  async management(): Promise<string> {
    await this.says('"bridge runs"')
    return String(this.lines('"bridge runs"')[0]?.['management'])
  }

  /** All of what it wrote. */
  get output(): string {
    return this.#lines.join('\n')
  }

  /** It has written a line that holds this, so many times. */
  async says(text: string, times = 1): Promise<void> {
    await until(() => this.#lines.filter((line) => line.includes(text)).length >= times, {
      ms: 60_000,
      what: () => this.output,
    })
  }

  /** It is a member of its group. */
  joined(times = 1): Promise<void> {
    return this.says('"joined the group"', times)
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
}
