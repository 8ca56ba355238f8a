import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { until } from '../../support/until.ts'

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

/**
 * `registry-relay serve` on a disk that confirms nothing any more from some sync on. strace stands between the process and the
 * system. It counts for each thread, so one alone must do all that the disk is asked for.
 */
export class FailingDiskGateway {
  /** Resolves with the exit status; null where a signal ended it. */
  readonly ended: Promise<number | null>
  readonly #child: ChildProcess
  readonly #lines: string[] = []

  /** @param failsFrom the first sync that fails, counted from 1 with those of the start */
  constructor(t: TestContext, configFile: string, failsFrom: number) {
    this.#child = spawn(
      'strace',
      [
        ...['-f', '--seccomp-bpf', '-I', '1', '-qq', '-o', '/dev/null'],
        ...['-e', 'trace=fdatasync', '-e', `inject=fdatasync:error=EIO:when=${failsFrom}+`],
        ...[process.execPath, '--import', 'tsx', program, 'serve', '--config', configFile],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
    )
    this.ended = new Promise((resolve) => this.#child.once('close', resolve))
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#lines.push(line))
    }
    // strace passes it on; a SIGKILL would end strace alone.
    t.after(() => this.#child.kill('SIGTERM'))
  }

  /** Where to post, when it listens. */
  async listening(): Promise<string> {
    const line = (): string | undefined => this.#lines.find((text) => text.includes('"gateway listens"'))
    await until(() => line() !== undefined, { ms: 60_000, what: () => this.output })
    return (JSON.parse(line() ?? '') as { readonly notifications: string }).notifications
  }

  get output(): string {
    return this.#lines.join('\n')
  }
}
