import type { Descriptor } from '../event/event.ts'

/**
 * What `listen` needs to know of a registry: of each service the calls that make events. A registry's own classes
 * implement these and may have any number of members more; those go through the decorator untouched.
 */
export interface Repository {
  /** Its path, `team/app`. */
  readonly name: string
  readonly manifests: ManifestService
  readonly blobs: BlobStore
  readonly tags: TagService
}

/** A manifest as it is stored and served. */
export interface Manifest {
  readonly mediaType: string
  /** The exact bytes: digest and size in its events are computed from them. */
  readonly payload: Uint8Array
}

/** Of a call for a manifest. An implementation may know more; the same object is handed to the listener. */
export interface ManifestOptions {
  /** The tag that the client named, if it named one. */
  readonly tag?: string
  readonly signal?: AbortSignal
}

export interface ManifestService {
  /**
   * Stores a manifest and resolves with its digest. With a tag it should resolve only when the tag points to the
   * manifest too: whoever hears of the push may ask for the tag at once.
   */
  put(manifest: Manifest, options?: ManifestOptions): Promise<string>
  /** @param digest of the manifest; `options.tag` says under which tag it was asked for. */
  get(digest: string, options?: ManifestOptions): Promise<Manifest>
  delete(digest: string, options?: CallOptions): Promise<unknown>
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

export interface BlobStore {
  /** Media type, digest and size of a stored blob. Not reported. */
  stat(digest: string, options?: CallOptions): Promise<Descriptor>
  get(digest: string, options?: CallOptions): Promise<Uint8Array>
  /** The blob as a stream or a file handle, whatever the registry has. */
  open?(digest: string, options?: CallOptions): Promise<unknown>
  /**
   * Answers a request for the blob. May resolve with a {@link BlobMeta}: how it was served; anything else is handed
   * to the caller and means nothing here.
   */
  serve?(digest: string, request: unknown, response: unknown, options?: CallOptions): Promise<unknown>
  put(mediaType: string, content: Uint8Array, options?: CallOptions): Promise<Descriptor>
  /** Begins an upload, or takes the blob over from another repository if `options.mountFrom` names one that has it. */
  create(options?: CreateOptions): Promise<BlobWriter | MountedBlob>
  /** Goes on with an upload that was begun before. */
  resume?(id: string, options?: CallOptions): Promise<BlobWriter>
  delete(digest: string, options?: CallOptions): Promise<unknown>
}

/** GitLab: how a blob was served. */
export interface BlobMeta {
  /** Driver of the storage that had it: `s3aws`, `filesystem`. */
  readonly storageBackend?: string
  /** The client was sent to the storage instead of being given the bytes. */
  readonly redirected?: boolean
}

export interface CreateOptions extends CallOptions {
  readonly mountFrom?: { readonly repository: string; readonly digest: string }
}

/** An upload under way. */
export interface BlobWriter {
  /**
   * Ends the upload.
   * @param expected what the client says the blob is
   * @returns what it is
   */
  commit(expected: Descriptor, options?: CallOptions): Promise<Descriptor>
}

/** Instead of a writer: the blob is there already, nothing needs to be uploaded. */
export interface MountedBlob {
  readonly mounted: {
    readonly descriptor: Descriptor
    /** Path of the repository it came from. */
    readonly from: string
  }
}

export interface TagService {
  /** Removes a tag. Should reject for one that does not exist, or its deletion is reported nonetheless. */
  untag(tag: string, options?: CallOptions): Promise<unknown>
}

/** Removes whole repositories. */
export interface RepositoryRemover {
  remove(name: string, options?: CallOptions): Promise<unknown>
}
