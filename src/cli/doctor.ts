import { runDoctor } from '../app/doctor.ts'
import type { DoctorServices } from '../app/doctor-needs.ts'
import { configRemarks } from '../config/advice.ts'
import type { Config } from '../config/config.ts'
import { findingLine } from '../config/findings.ts'
import { readConfig } from '../config/load.ts'
import { errorCodes, isRelayError } from '../errors.ts'
import { type CheckResult, type DoctorPart, doctorParts, failure } from '../operations/doctor/check.ts'
import { oneLine } from '../operations/doctor/trouble.ts'
import { modeOf } from './config-check.ts'
import { type ConfigOptions, configSource, configWords } from './config-options.ts'
import { doctorJson } from './doctor-json.ts'
import { DoctorText } from './doctor-text.ts'
import { exitCode, reportUsage } from './failure.ts'
import { shellWord } from './shell-word.ts'

export interface DoctorCommandOptions extends ConfigOptions {
  readonly for?: 'serve' | 'bridge'
  readonly only?: readonly string[]
  /** Seconds. */
  readonly timeout: number
  readonly json?: boolean
}

/** `registry-relay doctor`. */
export async function doctor(options: DoctorCommandOptions): Promise<number> {
  const { only, timeout, json = false } = options
  const stranger = only?.find((part) => !isPart(part))
  if (stranger !== undefined) {
    return reportUsage(
      'registry-relay doctor',
      `--only: there is no part '${stranger}'; there are ${doctorParts.join(', ')}`,
    )
  }
  const text = new DoctorText(process.stdout)
  const tell = (result: CheckResult): void => {
    if (!json) text.result(result)
  }
  let results: readonly CheckResult[]
  let code: number = exitCode.configuration
  try {
    const read = readConfig(configSource(options))
    const { config, findings, file } = read
    if (config === undefined) {
      results = [wrongConfiguration(findings.map(findingLine))]
    } else {
      results = await runDoctor(config, {
        services: servicesOf(options, config),
        parts: only === undefined ? undefined : new Set(only.filter(isPart)),
        timeoutMs: timeout * 1_000,
        source: file ?? 'the configuration',
        remarks: configRemarks(read, modeOf),
        configOption: configWords(options, shellWord),
        onResult: tell,
      })
      code = results.some(({ state }) => state === 'error') ? exitCode.failure : exitCode.success
    }
  } catch (error) {
    if (!isRelayError(error, 'CONFIG_INVALID')) throw error
    results = [wrongConfiguration(error.message.split('\n'))]
  }
  if (code === exitCode.configuration) results.forEach(tell)
  if (json) console.log(doctorJson(results))
  else text.summary(results)
  return code
}

/** Nothing can be looked at with a configuration that is wrong; what is wrong with it is all there is to say. */
function wrongConfiguration(findings: readonly string[]): CheckResult {
  const { action } = errorCodes.CONFIG_INVALID
  const seen = findings.map((finding) => failure(oneLine(finding), action))
  return { name: 'configuration', part: 'config', state: 'error', seen, tookMs: 0 }
}

/** Without `--for`, a configuration that has no endpoints is the one of a gateway. */
function servicesOf({ for: service }: DoctorCommandOptions, { bridge }: Config): DoctorServices {
  if (service !== undefined) return { gateway: service === 'serve', bridge: service === 'bridge' }
  return { gateway: true, bridge: bridge.endpoints.length > 0 }
}

function isPart(text: string): text is DoctorPart {
  return (doctorParts as readonly string[]).includes(text)
}
