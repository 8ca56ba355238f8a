import { octetStreamMediaType } from '../event/media-types.ts'
import type { MadeUp } from './loadgen-random.ts'

/** What somebody does with a repository; each is one event. */
export type Step =
  | { readonly kind: 'push blob' | 'pull blob' | 'mount blob'; readonly size: number }
  | {
      readonly kind: 'push manifest' | 'pull manifest' | 'head manifest'
      readonly mediaType: string
      readonly tag: string | undefined
      /** Configuration first, then layers. */
      readonly references: readonly { readonly mediaType: string; readonly size: number }[]
    }
  | { readonly kind: 'delete manifest' }
  | { readonly kind: 'delete tag' }

interface ImageTypes {
  readonly manifest: string
  readonly config: string
  readonly layer: string
}

const docker: ImageTypes = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
}
const oci: ImageTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
}

/** Under this type registries report the blobs, whatever the manifest says of them. */
export const blobType: string = octetStreamMediaType

/**
 * The next thing that happens to a repository, as the events it makes: a push reports its layers, its configuration and then the
 * manifest, a pull what it fetched, and deleting a manifest its tag too.
 */
export function nextSteps(made: MadeUp): readonly Step[] {
  const share = made.whole(0, 99)
  if (share < 45) return pushSteps(made)
  if (share < 90) return pullSteps(made)
  return made.chance(0.5) ? [{ kind: 'delete manifest' }, { kind: 'delete tag' }] : [{ kind: 'delete tag' }]
}

function pushSteps(made: MadeUp): readonly Step[] {
  const { references, manifest } = imageOf(made)
  const [config, ...layers] = references
  const blobs = layers.map(({ size }): Step => {
    // Layers of a base image that another repository has need no upload.
    return { kind: made.chance(0.2) ? 'mount blob' : 'push blob', size }
  })
  return [...blobs, { kind: 'push blob', size: config?.size ?? 0 }, { kind: 'push manifest', ...manifest }]
}

function pullSteps(made: MadeUp): readonly Step[] {
  const { references, manifest } = imageOf(made)
  // Most look only whether there is something new.
  if (made.chance(0.5)) return [{ kind: 'head manifest', ...manifest }]
  const fetched = references.filter(() => made.chance(0.5))
  return [
    { kind: 'pull manifest', ...manifest },
    ...fetched.map(({ size }): Step => ({ kind: 'pull blob', size })),
  ]
}

function imageOf(made: MadeUp) {
  const types = made.one([docker, oci])
  const config = { mediaType: types.config, size: made.whole(400, 9_000) }
  const layers = Array.from({ length: made.whole(1, 4) }, () => ({
    mediaType: types.layer,
    size: made.whole(120, 90_000_000),
  }))
  const references = [config, ...layers]
  const tag = made.chance(0.8) ? `${made.whole(1, 4)}.${made.whole(0, 30)}.${made.whole(0, 9)}` : undefined
  return { references, manifest: { mediaType: types.manifest, tag, references } }
}
