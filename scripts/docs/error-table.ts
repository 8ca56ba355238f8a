import { exitCodeOf } from '../../src/cli/failure.ts'
import { type ErrorCode, type ErrorDescription, errorCodes } from '../../src/errors.ts'

/** One row for each code, in the order of the alphabet. */
export function errorTable(): string {
  const described: Readonly<Record<ErrorCode, ErrorDescription>> = errorCodes
  const codes = Object.entries(described) as [ErrorCode, ErrorDescription][]
  const rows = codes
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([code, { retriable, meaning, action }]) =>
        `| \`${code}\` | ${retriable ? 'yes' : 'no'} | ${exitStatus(code, action)} | ${meaning} | ${action} |`,
    )
  return [
    '| code | retriable | exit status | what it means | what to do |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** Where nothing is to be done, nothing ends. */
function exitStatus(code: ErrorCode, action: string): string {
  return action.startsWith('None:') ? '–' : String(exitCodeOf(code))
}
