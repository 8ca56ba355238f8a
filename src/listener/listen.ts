import type { Telemetry } from '../telemetry.ts'
import { listenToBlobs } from './listen-to-blobs.ts'
import type { Listener } from './listener.ts'
import { overlay } from './overlay.ts'
import { type Report, reporter } from './report.ts'
import type { ManifestService, Repository, RepositoryRemover, TagService } from './repository.ts'

export interface ListenOptions {
  /**
   * Report reads of blobs. Default true. GitLab's registry does not while its metadata database is on: there an image
   * is pulled with one event, not with one per layer besides.
   */
  readonly blobPulls?: boolean
  readonly telemetry?: Telemetry
}

/** The decorated pair: what else the two can do, they still can. */
export interface Listened<R extends Repository, M extends RepositoryRemover> {
  readonly repository: R
  readonly remover: M
}

/**
 * Tells `listener` what is done through the returned repository and remover. Every call is passed on first; the
 * listener hears of it only if it succeeded, and before the call resolves, so that events keep the order of the calls.
 *
 * | call | listener | if the listener rejects |
 * |---|---|---|
 * | `manifests.put`, `get`, `delete` | `manifestPushed`, `manifestPulled`, `manifestDeleted` | logged |
 * | `blobs.get`, `open`, `serve` | `blobPulled`, with what `stat` says | logged, like a `stat` that fails |
 * | `blobs.put`, and `commit` of a writer | `blobPushed`, with the descriptor that came back | logged |
 * | `blobs.create` that mounts | `blobMounted` | logged |
 * | `blobs.delete` | `blobDeleted` | logged |
 * | `tags.untag` | `tagDeleted` | logged, and the call rejects |
 * | `remover.remove` | `repoDeleted` | logged, and the call rejects |
 *
 * Nothing else is reported: no other call, and no call that a service makes to itself. A failure is also counted, as
 * `registry_relay_listener_failures_total`: the operation is done, and nobody will hear of it. The last two calls
 * reject as they do in the notifications package; the tag or the repository is gone nonetheless.
 *
 * The caller waits for the listener: put a queue in front of a sink that may be slow.
 */
export function listen<R extends Repository, M extends RepositoryRemover>(
  repository: R,
  remover: M,
  listener: Listener,
  { blobPulls = true, telemetry }: ListenOptions = {},
): Listened<R, M> {
  const { name } = repository
  const report = reporter(name, telemetry)
  const decorated = overlay<Repository>(repository, {
    manifests: listenToManifests(repository.manifests, name, listener, report),
    blobs: listenToBlobs(repository.blobs, name, listener, report, blobPulls),
    tags: overlay<TagService>(repository.tags, {
      async untag(tag, ...rest) {
        const result = await repository.tags.untag(tag, ...rest)
        const failure = await report('tag_delete', () => listener.tagDeleted(name, tag))
        if (failure !== undefined) throw failure
        return result
      },
    }),
  })
  const decoratedRemover = overlay<RepositoryRemover>(remover, {
    async remove(removed, ...rest) {
      const result = await remover.remove(removed, ...rest)
      // One remover serves all repositories: the name is the one it was called with.
      const failure = await report('repository_delete', () => listener.repoDeleted(removed))
      if (failure !== undefined) throw failure
      return result
    },
  })
  return { repository: decorated as R, remover: decoratedRemover as M }
}

function listenToManifests(
  manifests: ManifestService,
  repository: string,
  listener: Listener,
  report: Report,
): ManifestService {
  return overlay(manifests, {
    async put(manifest, options, ...rest) {
      const digest = await manifests.put(manifest, options, ...rest)
      await report('manifest_push', () => listener.manifestPushed(repository, manifest, options))
      return digest
    },
    async get(digest, options, ...rest) {
      const manifest = await manifests.get(digest, options, ...rest)
      await report('manifest_pull', () => listener.manifestPulled(repository, manifest, options))
      return manifest
    },
    async delete(digest, ...rest) {
      const result = await manifests.delete(digest, ...rest)
      await report('manifest_delete', () => listener.manifestDeleted(repository, digest))
      return result
    },
  })
}
