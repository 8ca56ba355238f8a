import type { Event } from './event.ts'
import { type RepositoryRules, repositoryFilter } from './repository-rules.ts'

/** Which events are meant: those that every list meets; a list left out or empty meets all. */
export interface MatchRules {
  /** Actions, compared exactly: `['pull']`. */
  readonly actions?: readonly string[]
  /** Media types of the target, compared exactly. What has none, like every delete, counts as the empty text. */
  readonly mediaTypes?: readonly string[]
  readonly repositories?: RepositoryRules
}

/** The rules as a predicate that answers `true` for the events that are meant. */
export function matchFilter(rules: MatchRules): (event: Event) => boolean {
  const actions = new Set(rules.actions)
  const mediaTypes = new Set(rules.mediaTypes)
  const repositories = repositoryFilter(rules.repositories ?? {})
  return ({ action = '', target }) =>
    (actions.size === 0 || actions.has(action)) &&
    (mediaTypes.size === 0 || mediaTypes.has(target?.mediaType ?? '')) &&
    repositories(target?.repository ?? '')
}
