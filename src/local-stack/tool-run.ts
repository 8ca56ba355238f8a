import type { Clock } from '../clock.ts'
import type { LogBuffer } from './log-buffer.ts'
import { WatchedProcess } from './watched-process.ts'

/** Longer than the time-outs of Maven and Docker themselves, so that their own message wins where they have one. */
const silenceMs = 180_000

/** A tool and where its words go. */
export interface ToolRun {
  readonly command: readonly string[]
  readonly variables: Readonly<Record<string, string | undefined>>
  /** Removed when this process dies while the tool runs. */
  readonly temporaryDir?: string
  readonly clock: Clock
  readonly onOutput: (text: string) => void
}

/**
 * Runs a tool that fetches something, to its end. It may take as long as it says something: a slow network is no
 * failure, a dead one is. Resolves with undefined when it went well, else with how it ended.
 */
export async function runTool(run: ToolRun): Promise<{ failure: string | undefined; log: LogBuffer }> {
  let cancel = (): void => {}
  let silent = false
  const listen = (): void => {
    cancel()
    cancel = run.clock.after(silenceMs, () => {
      silent = true
      tool.signal('SIGKILL')
    })
  }
  const tool = new WatchedProcess({
    command: run.command,
    variables: run.variables,
    temporaryDir: run.temporaryDir,
    onOutput(text) {
      listen()
      run.onOutput(text)
    },
  })
  listen()
  const reason = await tool.ended
  cancel()
  tool.release()
  if (reason === 'exit status 0') return { failure: undefined, log: tool.log }
  return {
    failure: silent ? `it was silent for ${silenceMs / 1000} s` : `it ended with ${reason}`,
    log: tool.log,
  }
}
