import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Variables } from './environment.ts'
import { MavenOutput } from './maven-output.ts'
import { runTool } from './tool-run.ts'

export interface MavenRun {
  /** The pom.xml to run. */
  readonly pom: string
  /** Folder to fill. */
  readonly output: string
  /** The Java that runs Maven. */
  readonly javaHome: string
  readonly variables: Variables
  readonly clock: Clock
  /** Bytes fetched so far. */
  readonly onFetched: (bytes: number) => void
}

/**
 * Lets Maven fill a folder, with the user's own settings and local repository (mirrors, proxies, what is there already).
 * Fails with REAL_PARTS_FAILED and Maven's last words; the folder is then to be thrown away.
 */
export async function runMaven(run: MavenRun): Promise<void> {
  const output = new MavenOutput()
  const { failure, log } = await runTool({
    // Not --batch-mode, which leaves the progress of a transfer out.
    command: [
      'mvn',
      '--file',
      run.pom,
      `-Dstack.output=${run.output}`,
      '-Dstyle.color=never',
      'generate-resources',
    ],
    variables: { ...run.variables, JAVA_HOME: run.javaHome },
    temporaryDir: run.output,
    clock: run.clock,
    onOutput(text) {
      output.write(text)
      run.onFetched(output.bytes)
    },
  })
  if (failure === undefined) return
  throw new RelayError(
    'REAL_PARTS_FAILED',
    `Maven could not fetch what ${run.pom} names: ${failure}. Its first run needs the network (or a mirror in ` +
      `its settings). Its last lines:\n${log.excerpt(12)}`,
  )
}
