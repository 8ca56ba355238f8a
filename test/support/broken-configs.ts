import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { checkConfig } from '../../src/app/check-config.ts'
import { findingLine } from '../../src/config/findings.ts'
import { isRelayError } from '../../src/errors.ts'

/** `NN-name.yaml`, `NN-name.settings` (a flag `--set path=value` or a variable a line) or both, and `NN-name.txt`: what is said. */
export const brokenConfigs = 'test/fixtures/broken-configs'

/** Names without extension, in order. */
export function brokenConfigNames(): readonly string[] {
  const names = readdirSync(brokenConfigs).flatMap(
    (file) => /^(\d+-.*)\.(?:yaml|settings)$/.exec(file)?.[1] ?? [],
  )
  return [...new Set(names)].sort()
}

/** What is said of it, a finding a line, with places that do not depend on where this repository lies. */
export function findingsOf(name: string): string {
  const file = join(brokenConfigs, `${name}.yaml`)
  const lines = settingsOf(name)
  const environment = Object.fromEntries(
    lines
      .filter((line) => !line.startsWith('--set '))
      .map((line) => [line.split('=', 1)[0], line.replace(/^[^=]*=/, '')]),
  )
  const settings = lines.flatMap((line) => /^--set (.*)$/.exec(line)?.[1] ?? [])
  const text = said({ file: existsSync(file) ? file : undefined, settings }, environment)
  return `${text.replaceAll(`${resolve(brokenConfigs)}/`, '').replaceAll(`${brokenConfigs}/`, '')}\n`
}

function said(
  source: { readonly file: string | undefined; readonly settings: readonly string[] },
  environment: Readonly<Record<string, string>>,
): string {
  try {
    return checkConfig(source, environment).findings.map(findingLine).join('\n')
  } catch (error) {
    if (isRelayError(error, 'CONFIG_INVALID')) return error.message
    throw error
  }
}

function settingsOf(name: string): readonly string[] {
  const file = join(brokenConfigs, `${name}.settings`)
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
}
