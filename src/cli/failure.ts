import { type ErrorCode, errorCodes, isRelayError, toError } from '../errors.ts'
import type { ConfigOptions } from './config-options.ts'
import { helpHint } from './help-hint.ts'
import { namedCommands } from './named-commands.ts'
import { tell } from './tell.ts'

/** Exit codes of every command. */
export const exitCode = { success: 0, failure: 1, usage: 2, configuration: 78 } as const

/**
 * Says on standard error what went wrong and what to do, and returns the exit code for it.
 * @param options of the command that failed, for those commands that are to be run next. Default: none
 */
export function reportFailure(thrown: unknown, options: ConfigOptions = {}): number {
  const error = toError(thrown)
  if (!isRelayError(error)) {
    tellLines(error.stack ?? error.message)
    return exitCode.failure
  }
  tellLines(namedCommands(error.message, options))
  const { action } = errorCodes[error.code]
  tell(`${error.code}: ${namedCommands(action, options)}`)
  return exitCodeOf(error.code)
}

/** The exit code of a command that ends with this error. */
export function exitCodeOf(code: ErrorCode): number {
  const configuration = code === 'CONFIG_INVALID' || code === 'REAL_PARTS_MISSING'
  return configuration ? exitCode.configuration : exitCode.failure
}

/** Says on standard error what is wrong with the options, and where the help is; returns the exit code for it. */
export function reportUsage(path: string, reason: string): number {
  tell(`error: ${reason}`)
  tell(helpHint(path))
  return exitCode.usage
}

/** Findings, and frames of a stack, are a line each. */
function tellLines(text: string): void {
  for (const line of text.split('\n')) tell(line)
}
