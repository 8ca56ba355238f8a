import { glob } from './glob.ts'

/**
 * Patterns for `target.repository`: `*` for text within a segment, `**` for text across segments (see {@link glob}).
 * A rename goes by the old path, which is what its event names.
 */
export interface RepositoryRules {
  /** When given, only repositories that match one of these are meant; an event that names none is not. */
  readonly include?: readonly string[]
  /** Repositories that match one of these are not meant, also when included. */
  readonly exclude?: readonly string[]
}

/** The rules as a predicate that answers `true` for the repositories that are meant. */
export function repositoryFilter({ include = [], exclude = [] }: RepositoryRules): (path: string) => boolean {
  const included = include.map(glob)
  const excluded = exclude.map(glob)
  return (path) => {
    if (included.length > 0 && !included.some((matches) => matches(path))) return false
    return !excluded.some((matches) => matches(path))
  }
}
