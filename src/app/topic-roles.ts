import type { TopicRole } from '../kafka/topics.ts'

/** What the topics hold that a gateway, a bridge or both write to or read. */
export function rolesOf({
  gateway = false,
  bridge = false,
}: {
  readonly gateway?: boolean
  readonly bridge?: boolean
}): readonly TopicRole[] {
  return [
    'events',
    'route',
    // A dead letter that cannot be written holds up its partition.
    ...(bridge ? (['dead-letters'] as const) : []),
    ...(gateway ? (['rejected'] as const) : []),
  ]
}
