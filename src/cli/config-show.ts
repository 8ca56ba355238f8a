import { findingLine } from '../config/findings.ts'
import { readConfig } from '../config/load.ts'
import { shownValues } from '../config/show.ts'
import { valuesText } from './config-human.ts'
import { type ConfigOptions, configSource } from './config-options.ts'
import { exitCode } from './failure.ts'
import { tell } from './tell.ts'

export interface ConfigShowOptions extends ConfigOptions {
  readonly changed?: boolean
  readonly json?: boolean
}

/** `registry-relay config show`. */
export function configShow(options: ConfigShowOptions): number {
  const read = readConfig(configSource(options))
  const values = shownValues(read).filter(({ isDefault }) => options.changed !== true || !isDefault)
  console.log(
    options.json === true
      ? JSON.stringify(
          values.map(({ path, value, source }) => ({ path, value, source })),
          undefined,
          2,
        )
      : valuesText(values, process.stdout),
  )
  for (const finding of read.findings) tell(findingLine(finding))
  return read.config === undefined ? exitCode.configuration : exitCode.success
}
