import { type EventAction, eventActions } from '../event/actions.ts'
import type {
  ActorRecord,
  Descriptor,
  Event,
  Rename,
  RequestRecord,
  SourceRecord,
  Target,
} from '../event/event.ts'
import { goJson } from '../event/go-json.ts'
import type { Sink } from '../sink/sink.ts'
import { type BridgeRegistry, type BridgeTraits, traitsOf } from './bridge-traits.ts'
import { type CreateEventOptions, createEvent } from './create-event.ts'
import { checkDigest } from './digest.ts'
import type { Listener } from './listener.ts'
import { readManifest } from './manifest-content.ts'
import type { BlobMeta, Manifest, ManifestOptions } from './repository.ts'
import type { URLBuilder } from './url-builder.ts'

export interface BridgeOptions extends CreateEventOptions {
  readonly urlBuilder: URLBuilder
  /** The process: see {@link newSourceRecord}. */
  readonly source: SourceRecord
  /** Who did it; `{}` for nobody known. */
  readonly actor: ActorRecord
  /** What it was done with: see {@link newRequestRecord}. */
  readonly request: RequestRecord
  /** Gets one event per write. The bridge does not close it. */
  readonly sink: Sink<Event>
  /** List in the events of manifests what the manifest refers to. Default false, as in registries. */
  readonly includeReferences?: boolean
  /** Whose bridge this one behaves like. Default `distribution-3`. */
  readonly registry?: BridgeRegistry
}

/**
 * The listener that writes what it hears to a sink, as events. Made for one request: `actor` and `request` are in every
 * event of it.
 *
 * | call | event |
 * |---|---|
 * | `manifestPushed`, `manifestPulled` | `push`, `pull`: media type, digest and size of the payload, URL by digest, tag |
 * | `manifestDeleted`, `blobDeleted` | `delete`: repository and digest; the two look alike |
 * | `blobPushed`, `blobPulled` | `push`, `pull`: the whole descriptor, and the URL |
 * | `blobMounted` | `mount`: the same, and the repository it came from |
 * | `tagDeleted` | `delete`: repository and tag |
 * | `repoDeleted` | `delete`: repository |
 * | `repoRenamed` | `rename`: both paths, under the old one |
 *
 * Every call resolves when the sink has the event and rejects as the sink does. It rejects with EVENT_INVALID, nothing
 * written, if no event can be made: an unknown or malformed manifest, a malformed digest, a repository without a URL.
 * A delete needs no URL and takes any digest.
 */
export function newBridge(options: BridgeOptions): Listener {
  return new Bridge(options)
}

class Bridge implements Listener {
  readonly #options: BridgeOptions
  readonly #traits: BridgeTraits
  readonly #actor: ActorRecord

  constructor(options: BridgeOptions) {
    this.#options = options
    this.#traits = traitsOf(options.registry ?? 'distribution-3')
    const { user, ...others } = options.actor
    this.#actor = user === undefined || this.#traits.withUser ? options.actor : others
  }

  async manifestPushed(repository: string, manifest: Manifest, options?: ManifestOptions): Promise<void> {
    await this.#manifest(eventActions.push, repository, manifest, options)
  }

  async manifestPulled(repository: string, manifest: Manifest, options?: ManifestOptions): Promise<void> {
    await this.#manifest(eventActions.pull, repository, manifest, options)
  }

  async manifestDeleted(repository: string, digest: string): Promise<void> {
    if (this.#traits.manifests) await this.#write(eventActions.delete, { digest, repository })
  }

  async blobPushed(repository: string, descriptor: Descriptor): Promise<void> {
    await this.#blob(eventActions.push, repository, descriptor)
  }

  async blobPulled(repository: string, descriptor: Descriptor, meta?: BlobMeta): Promise<void> {
    await this.#blob(eventActions.pull, repository, descriptor, {}, meta)
  }

  async blobMounted(repository: string, descriptor: Descriptor, fromRepository: string): Promise<void> {
    await this.#blob(eventActions.mount, repository, descriptor, { fromRepository })
  }

  async blobDeleted(repository: string, digest: string): Promise<void> {
    if (this.#traits.blobs) await this.#write(eventActions.delete, { digest, repository })
  }

  async tagDeleted(repository: string, tag: string): Promise<void> {
    if (this.#traits.manifests) await this.#write(eventActions.delete, { repository, tag })
  }

  async repoDeleted(repository: string): Promise<void> {
    if (this.#traits.blobs) await this.#write(eventActions.delete, { repository })
  }

  async repoRenamed(repository: string, rename: Rename): Promise<void> {
    if (this.#traits.manifests) await this.#write(eventActions.rename, { repository, rename })
  }

  async #manifest(
    action: EventAction,
    repository: string,
    manifest: Manifest,
    options: ManifestOptions = {},
  ): Promise<void> {
    if (!this.#traits.manifests) return
    const { urlBuilder, includeReferences = false } = this.#options
    const content = readManifest(manifest)
    const references = includeReferences ? this.#traits.references(content) : []
    await this.#write(action, {
      ...content.descriptor,
      length: content.descriptor.size,
      repository,
      url: urlBuilder.buildManifestURL(repository, content.descriptor.digest),
      ...(options.tag && { tag: options.tag }),
      ...(references.length > 0 && { references }),
    })
  }

  async #blob(
    action: EventAction,
    repository: string,
    descriptor: Descriptor,
    more: Pick<Target, 'fromRepository'> = {},
    meta?: BlobMeta,
  ): Promise<void> {
    if (!this.#traits.blobs) return
    const { digest = '', size } = descriptor
    checkDigest(digest)
    const target: Target = {
      ...descriptor,
      // No registry writes a length of zero; a zero size some do, so it is kept.
      ...(size && { length: size }),
      repository,
      url: this.#options.urlBuilder.buildBlobURL(repository, digest),
      ...more,
    }
    await this.#write(action, target, this.#traits.blobMeta ? meta : undefined)
  }

  async #write(action: EventAction, target: Target, meta?: BlobMeta): Promise<void> {
    const { request, source, sink } = this.#options
    const event: Event = {
      ...createEvent(action, this.#options),
      target,
      request,
      actor: this.#actor,
      source,
      ...(meta && { meta: new Map([['blob', blobMetaJson(meta)]]) }),
    }
    await sink.write([event])
  }
}

/** GitLab leaves `redirected` out when it is false, against its own documentation. */
function blobMetaJson({ storageBackend, redirected }: BlobMeta): string {
  return goJson({ ...(storageBackend && { storageBackend }), ...(redirected && { redirected }) })
}
