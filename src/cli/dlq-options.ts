import { type Command, InvalidArgumentError } from 'commander'
import { systemClock } from '../clock.ts'
import { errorCodes } from '../errors.ts'
import type { DeadLetterFilter } from '../operations/dead-letters-filter.ts'
import { type DeadLetterId, parseId } from '../operations/dead-letters-id.ts'
import { parseMoment } from '../operations/replay-moment.ts'

const timeHelp = 'a time (2026-05-06T07:08:09Z) or how long ago (90m, 2h, 7d)'

/** Options that say which dead letters are meant. */
export interface FilterOptions {
  readonly endpoint?: readonly string[]
  readonly repository?: readonly string[]
  readonly reason?: readonly string[]
  readonly since?: number
  readonly until?: number
}

export function addFilterOptions(command: Command): Command {
  return command
    .option('--endpoint <name>', 'only those of this endpoint; may come several times', oneMore)
    .option(
      '--repository <pattern>',
      'only repositories that match: * within a segment, ** across; may come several times',
      oneMore,
    )
    .option('--reason <code>', 'only those with this error code; may come several times', oneMoreCode)
    .option('--since <time>', `only those written there since then: ${timeHelp}`, time)
    .option('--until <time>', 'only those written there before then', time)
}

/** A sentence where nothing can lie in the span of time; undefined: something can. */
export function spanProblem({ since, until }: FilterOptions): string | undefined {
  if (since === undefined || until === undefined || since < until) return undefined
  return `--since is not before --until: ${new Date(since).toISOString()} and ${new Date(until).toISOString()}`
}

/** Undefined where no option narrows anything. */
export function filterOf(
  options: FilterOptions,
  ids: readonly DeadLetterId[] = [],
): DeadLetterFilter | undefined {
  const { endpoint, repository, reason, since, until } = options
  if (ids.length === 0 && [endpoint, repository, reason, since, until].every((one) => one === undefined))
    return undefined
  return {
    ids,
    ...(endpoint === undefined ? {} : { endpoints: endpoint }),
    ...(repository === undefined ? {} : { repositories: repository }),
    ...(reason === undefined ? {} : { reasons: reason }),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
  }
}

export function deadLetterId(text: string): DeadLetterId {
  const id = parseId(text)
  if (id === undefined) throw new InvalidArgumentError('must be partition@offset, as `dlq list` prints it.')
  return id
}

export function deadLetterIds(text: string, before: readonly DeadLetterId[] = []): readonly DeadLetterId[] {
  return [...before, deadLetterId(text)]
}

export function perSecond(text: string): number {
  const rate = Number(text)
  if (!Number.isFinite(rate) || rate <= 0) throw new InvalidArgumentError('must be a number above 0.')
  return rate
}

function oneMore(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text]
}

function oneMoreCode(text: string, before?: readonly string[]): readonly string[] {
  // A code that does not exist would meet nothing, and look like "all is well".
  if (!Object.hasOwn(errorCodes, text))
    throw new InvalidArgumentError('must be an error code, as `dlq list` prints it.')
  return oneMore(text, before)
}

function time(text: string): number {
  const moment = parseMoment(text, systemClock.now())
  if (moment?.kind !== 'time') throw new InvalidArgumentError(`must be ${timeHelp}.`)
  return moment.ms
}
