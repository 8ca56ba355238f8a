import type { Descriptor } from '../event/event.ts'
import type { ManifestContent } from './manifest-content.ts'

/**
 * Whose bridge to behave like.
 *
 * - `distribution-3`: references are descriptors of OCI, with the platform.
 * - `distribution-2`: references without platform, embedded data and artifact type.
 * - `gitlab`: GitLab's first bridge, for `listen`: blobs and deleted repositories only, the actor without the token in
 *   `user`, and `meta` with how a blob was served. All other calls do nothing.
 * - `gitlab-queue`: GitLab's second bridge, called by who handles the requests, after the database has committed:
 *   manifests, tags and renames, the actor with `user`, the subject as the last reference. All other calls do nothing.
 */
export type BridgeRegistry = 'distribution-3' | 'distribution-2' | 'gitlab' | 'gitlab-queue'

export interface BridgeTraits {
  /** Writes about blobs, and about repositories that are gone. */
  readonly blobs: boolean
  /** Writes about manifests, tags and renames. */
  readonly manifests: boolean
  /** Leaves `user` in the actor. */
  readonly withUser: boolean
  readonly blobMeta: boolean
  readonly references: (content: ManifestContent) => readonly Descriptor[]
}

const traits: Readonly<Record<BridgeRegistry, BridgeTraits>> = {
  'distribution-3': {
    blobs: true,
    manifests: true,
    withUser: true,
    blobMeta: false,
    references: ({ references }) => references.map(ofOci),
  },
  'distribution-2': {
    blobs: true,
    manifests: true,
    withUser: true,
    blobMeta: false,
    references: ({ references }) => references.map(ofDocker),
  },
  gitlab: { blobs: true, manifests: false, withUser: false, blobMeta: true, references: () => [] },
  'gitlab-queue': {
    blobs: false,
    manifests: true,
    withUser: true,
    blobMeta: false,
    references: ({ references, subject }) =>
      [...references, ...(subject === undefined ? [] : [subject])].map(ofDocker),
  },
}

export function traitsOf(registry: BridgeRegistry): BridgeTraits {
  return traits[registry]
}

// `features` is of Docker's manifest lists; the platform of OCI, which Distribution 3 turns it into, has no such member.
function ofOci({ platform, ...descriptor }: Descriptor): Descriptor {
  if (platform === undefined) return descriptor
  const { features: _, ...kept } = platform
  return { ...descriptor, platform: kept }
}

function ofDocker({ platform: _, data: __, artifactType: ___, ...kept }: Descriptor): Descriptor {
  return kept
}
