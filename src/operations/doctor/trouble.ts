import { errorCodes, isRelayError, toError } from '../../errors.ts'
import { failure, type Seen } from './check.ts'

/** What was thrown as a line: the words of the error, and what its code says is to be done. */
export function trouble(thrown: unknown, prefix = ''): Seen {
  const error = toError(thrown)
  const text = `${prefix}${oneLine(error.message)}`
  if (!isRelayError(error)) return failure(text, 'none is known for this; the words above are all there is')
  const { advice } = error.facts
  return failure(text, typeof advice === 'string' ? advice : errorCodes[error.code].action)
}

/** Errors of other libraries may have several. */
export function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, '; ')
}

/** The code of an error of the system, `EACCES`; undefined where it has none. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined
}
