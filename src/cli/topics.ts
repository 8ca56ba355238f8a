import { applyTopics } from '../app/compose.ts'
import { createTelemetry } from '../app/telemetry.ts'
import { loadConfig } from '../config/load.ts'
import { exitCode } from './failure.ts'

/** `registry-relay topics apply`. */
export async function topicsApply(configFile: string): Promise<number> {
  const config = loadConfig(configFile)
  const telemetry = createTelemetry(config.logging, 'stderr')
  const report = await applyTopics(config, telemetry)
  for (const name of report.created) console.log(`created ${name}`)
  for (const name of report.existing) console.log(`exists  ${name}`)
  for (const finding of report.findings) console.log(`differs ${finding}`)
  return exitCode.success
}
