import type { Event } from './event.ts'
import { bareMediaType, eventsMediaTypeV1, eventsMediaTypeV2 } from './media-types.ts'

/**
 * Who wrote an Envelope: it decides member order, what is left out, the media type, and how U+0008 and U+000C look.
 *
 * - `distribution-2`: 2.7 and 2.8 as released (Go before 1.22, `\u0008`).
 * - `distribution-2-go1.22`: the same, rebuilt with Go 1.22 or later (`\b`); distributions of Linux do that.
 * - `distribution-3`: 3.0 and later.
 * - `gitlab`: the GitLab container registry.
 */
export type Profile = 'distribution-2' | 'distribution-2-go1.22' | 'distribution-3' | 'gitlab'

/** The Go types behind a profile: which members they have, and in which order. */
export type Family = 'distribution-2' | 'distribution-3' | 'gitlab'

/** All profiles, the most common first. */
export const profiles: readonly Profile[] = [
  'distribution-3',
  'distribution-2',
  'distribution-2-go1.22',
  'gitlab',
]

/** `distribution-2` for both of its encoder generations. */
export function familyOf(profile: Profile): Family {
  return profile === 'distribution-2-go1.22' ? 'distribution-2' : profile
}

/** The `Content-Type` that a registry of this profile sends. */
export function mediaTypeOf(profile: Profile): string {
  return profile === 'distribution-3' ? eventsMediaTypeV2 : eventsMediaTypeV1
}

const ofGitLabMembers: readonly Profile[] = ['gitlab']
const ofV1: readonly Profile[] = ['distribution-2', 'distribution-2-go1.22']
const ofV2: readonly Profile[] = ['distribution-3']
const ofUnknown: readonly Profile[] = ['distribution-3', 'distribution-2', 'distribution-2-go1.22']

/**
 * The profiles that could have written `event`, best first; the caller takes the first one that re-emits its bytes.
 *
 * Members that only GitLab has decide for `gitlab`. Without them its text is the one of `distribution-2-go1.22`, byte
 * for byte, so `gitlab` is not tried a second time: a profile says how to write the text, not who sent it.
 */
export function candidateProfiles(contentType: string | undefined, event: Event): readonly Profile[] {
  const type = contentType === undefined ? '' : bareMediaType(contentType)
  if (type === eventsMediaTypeV2) return ofV2
  if (hasGitLabMembers(event)) return ofGitLabMembers
  return type === eventsMediaTypeV1 ? ofV1 : ofUnknown
}

function hasGitLabMembers({ meta, actor, target }: Event): boolean {
  return (
    meta !== undefined ||
    actor?.userType !== undefined ||
    actor?.user !== undefined ||
    target?.rename !== undefined
  )
}
