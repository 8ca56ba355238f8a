import type { Descriptor, Rename } from '../event/event.ts'
import type { BlobMeta, Manifest, ManifestOptions } from './repository.ts'

/*
 * What a registry tells when something has happened to a repository. Every call comes after the fact and is awaited;
 * `repository` is always the path, `digest` the text `algorithm:hex`. A rejection means that the listener does not have
 * the event; it undoes nothing.
 */

export interface ManifestListener {
  /** @param options the ones of the `put`: `options.tag` if it was pushed by tag */
  manifestPushed(repository: string, manifest: Manifest, options?: ManifestOptions): Promise<void>
  /** @param options the ones of the `get` */
  manifestPulled(repository: string, manifest: Manifest, options?: ManifestOptions): Promise<void>
  manifestDeleted(repository: string, digest: string): Promise<void>
}

export interface BlobListener {
  blobPushed(repository: string, descriptor: Descriptor): Promise<void>
  /** @param meta GitLab: how it was served; absent for reads that served nobody */
  blobPulled(repository: string, descriptor: Descriptor, meta?: BlobMeta): Promise<void>
  blobMounted(repository: string, descriptor: Descriptor, fromRepository: string): Promise<void>
  blobDeleted(repository: string, digest: string): Promise<void>
}

export interface RepoListener {
  tagDeleted(repository: string, tag: string): Promise<void>
  repoDeleted(repository: string): Promise<void>
  /**
   * GitLab. No call of a repository's services leads here: whoever renames calls it, once the rename is done.
   * @param repository the old path
   */
  repoRenamed(repository: string, rename: Rename): Promise<void>
}

/** Everything that can be reported of a repository. */
export interface Listener extends ManifestListener, BlobListener, RepoListener {}
