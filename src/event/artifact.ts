import type { Event } from './event.ts'
import { octetStreamMediaType } from './media-types.ts'

/** What an event is about, as GitLab's metrics name it. */
export type Artifact = 'tag' | 'blob' | 'manifest'

/**
 * `tag` when the event names one, also on the push of a manifest by tag; `blob` when the target has the media type
 * that registries give to blobs; else `manifest`.
 *
 * So a deleted blob counts as a manifest: its event says a digest and nothing else, like that of a manifest. The same
 * goes for whole repositories, deleted or renamed.
 */
export function artifact({ target }: Event): Artifact {
  if (target?.tag) return 'tag'
  return target?.mediaType === octetStreamMediaType ? 'blob' : 'manifest'
}
