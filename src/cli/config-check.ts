import { statSync } from 'node:fs'
import { checkConfig } from '../app/check-config.ts'
import { type ConfigRemark, configRemarks } from '../config/advice.ts'
import { findingLine, type LocatedFinding } from '../config/findings.ts'
import type { ReadConfig } from '../config/load.ts'
import { isRelayError } from '../errors.ts'
import { type ConfigOptions, configSource } from './config-options.ts'
import { exitCode } from './failure.ts'
import { counted } from './number-text.ts'
import { plainText } from './plain-text.ts'
import { tell } from './tell.ts'

export interface ConfigCheckOptions extends ConfigOptions {
  readonly json?: boolean
}

/** `registry-relay config check`. */
export function configCheck(options: ConfigCheckOptions): number {
  const { findings, remarks, file } = checked(options)
  const isRight = findings.length === 0
  if (options.json === true) {
    console.log(JSON.stringify({ ok: isRight, file: file ?? null, findings, remarks }, undefined, 2))
  } else {
    for (const finding of findings) console.log(plainText(findingLine(finding)))
    if (isRight) console.log(plainText(`ok: ${file ?? 'without a file'}`))
    for (const { level, ...remark } of remarks) console.log(plainText(`${level}: ${findingLine(remark)}`))
    if (!isRight) tell(`${counted(findings.length, 'finding')}: the configuration cannot be used`)
  }
  return isRight ? exitCode.success : exitCode.configuration
}

interface Checked extends Pick<ReadConfig, 'file'> {
  readonly findings: readonly LocatedFinding[]
  readonly remarks: readonly ConfigRemark[]
}

function checked(options: ConfigCheckOptions): Checked {
  try {
    const read = checkConfig(configSource(options))
    return { file: read.file, findings: read.findings, remarks: configRemarks(read, modeOf) }
  } catch (error) {
    // There is no file, or it cannot be read: the one thing to be said.
    if (!isRelayError(error, 'CONFIG_INVALID')) throw error
    return { file: options.config, findings: [{ place: '', message: error.message }], remarks: [] }
  }
}

/** Undefined where that cannot be said. */
export function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode
  } catch {
    return undefined
  }
}
