/**
 * What happened, as `Event.action` says it. An open set: whoever reads events must expect others, and nothing in this
 * package refuses one.
 */
export const eventActions = {
  /** Content was read, by GET or HEAD. */
  pull: 'pull',
  /** A manifest or a blob was written. */
  push: 'push',
  /** A blob was taken over from another repository of the same registry, without an upload. */
  mount: 'mount',
  /** A manifest, a blob, a tag or a whole repository is gone; `target` says which. */
  delete: 'delete',
  /** GitLab: a repository has another path now. */
  rename: 'rename',
} as const

export type EventAction = (typeof eventActions)[keyof typeof eventActions]

/** GitLab: which part of the path a `rename` changed. */
export const renameTypes = {
  /** The last segment: the project. */
  name: 'name',
  /** What stands before it: the group. */
  namespace: 'namespace',
} as const
