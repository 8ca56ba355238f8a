import type { Event } from './event.ts'
import { textGlob } from './glob.ts'
import { type RepositoryRules, repositoryFilter } from './repository-rules.ts'

/** Which events not to send. An event is ignored as soon as one rule says so; a rule left out or empty says nothing. */
export interface IgnoreRules {
  /**
   * Media types of the target, compared exactly. What has none, like every delete, counts as the empty text: with `''`
   * in the list, as a registry's own configuration allows, all deletes are ignored.
   */
  readonly mediaTypes?: readonly string[]
  /** Actions, compared exactly: `['pull']`. Work alone, without media types. */
  readonly actions?: readonly string[]
  /** Events of repositories that these rules do not mean are ignored. */
  readonly repositories?: RepositoryRules
  /**
   * Patterns for `request.useragent`: `*` stands for any text, slashes and spaces included, case
   * matters, and a pattern without `*` is the whole text: `['containerd/*', '*Trivy*']`. An event that names none counts
   * as the empty text, which `'*'` meets too.
   */
  readonly userAgents?: readonly string[]
  /**
   * Methods of `request.method`, compared exactly: with `['HEAD']`, clients that only look whether something is there
   * leave no pulls. An event that names none counts as the empty text.
   */
  readonly methods?: readonly string[]
}

/** True for an event that the rules keep from being sent. For many events compile once: {@link ignoreFilter}. */
export function ignores(rules: IgnoreRules, event: Event): boolean {
  return ignoreFilter(rules)(event)
}

/** The rules as a predicate that answers `true` for what is to be ignored. */
export function ignoreFilter(rules: IgnoreRules): (event: Event) => boolean {
  const mediaTypes = new Set(rules.mediaTypes)
  const actions = new Set(rules.actions)
  const repositories = repositoryFilter(rules.repositories ?? {})
  const userAgents = (rules.userAgents ?? []).map(textGlob)
  const methods = new Set(rules.methods)
  return ({ action = '', target, request }) => {
    if (actions.has(action) || mediaTypes.has(target?.mediaType ?? '')) return true
    if (methods.has(request?.method ?? '')) return true
    const userAgent = request?.useragent ?? ''
    if (userAgents.some((matches) => matches(userAgent))) return true
    return !repositories(target?.repository ?? '')
  }
}
