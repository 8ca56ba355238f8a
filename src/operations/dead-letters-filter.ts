import { repositoryFilter } from '../event/repository-rules.ts'
import type { DeadLetter } from './dead-letters.ts'
import { type DeadLetterId, idText } from './dead-letters-id.ts'

/** Which dead letters are meant: those that every member meets; one that is left out or empty meets all. */
export interface DeadLetterFilter {
  readonly ids?: readonly DeadLetterId[]
  /** Names of the endpoints that did not get them. */
  readonly endpoints?: readonly string[]
  /** Patterns, as elsewhere: `*` within a segment, `**` across segments. */
  readonly repositories?: readonly string[]
  /** Error codes. */
  readonly reasons?: readonly string[]
  /** Written at this time or later, milliseconds since the epoch. */
  readonly since?: number
  /** Written before this time. */
  readonly until?: number
}

export function deadLetterFilter(filter: DeadLetterFilter): (letter: DeadLetter) => boolean {
  const { since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, repositories = [] } = filter
  const ids = new Set((filter.ids ?? []).map(idText))
  const endpoints = new Set(filter.endpoints)
  const reasons = new Set(filter.reasons)
  const meant = repositoryFilter({ include: repositories })
  return ({ id, endpoint = '', code, at, repository }) =>
    (ids.size === 0 || ids.has(idText(id))) &&
    (endpoints.size === 0 || endpoints.has(endpoint)) &&
    (reasons.size === 0 || reasons.has(code)) &&
    at >= since &&
    at < until &&
    meant(repository)
}
