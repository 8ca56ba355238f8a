import type { Clock } from '../clock.ts'
import { RelayError } from '../errors.ts'
import type { Variables } from './environment.ts'
import { classPath, java } from './java-kafka.ts'
import { runTool } from './tool-run.ts'

/** Where Kafka's own command-line tools are. */
export interface KafkaTools {
  /** Folder of the jars. */
  readonly installed: string
  readonly javaHome: string
  readonly variables: Variables
  readonly clock: Clock
}

/**
 * Runs a tool by its class: `kafka.admin.ConfigCommand`. What it costs is a start of Java, about a second.
 *
 * @returns what it wrote
 * @throws RelayError REAL_PARTS_FAILED when its exit status says so; its last lines are in the message
 */
export async function runKafkaTool(
  tools: KafkaTools,
  mainClass: string,
  parameters: readonly string[],
): Promise<string> {
  let output = ''
  const { failure, log } = await runTool({
    command: [
      java(tools.javaHome),
      '-Xmx128m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-cp',
      classPath(tools.installed),
      mainClass,
      ...parameters,
    ],
    variables: tools.variables,
    clock: tools.clock,
    onOutput(text) {
      output += text
    },
  })
  if (failure === undefined) return output
  throw new RelayError('REAL_PARTS_FAILED', `${mainClass}: ${failure}. Its last lines:\n${log.excerpt()}`)
}
