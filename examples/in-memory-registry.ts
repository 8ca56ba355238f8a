// A registry without HTTP and without a disk: just the services that `listen` decorates.
import { createHash, randomUUID } from 'node:crypto'
import type {
  BlobStore,
  BlobWriter,
  CreateOptions,
  Descriptor,
  Manifest,
  ManifestService,
  MountedBlob,
  Repository,
  RepositoryRemover,
  TagService,
} from 'registry-relay'

/** What is stored under a name; asking for what is not there is an error, as in every registry. */
class Shelf<T> extends Map<string, T> {
  take(name: string): T {
    const item = this.get(name)
    if (item === undefined) throw new Error(`${name} is unknown`)
    return item
  }

  async discard(name: string): Promise<void> {
    if (!this.delete(name)) throw new Error(`${name} is unknown`)
  }
}

export class InMemoryRegistry implements RepositoryRemover {
  readonly #repositories = new Shelf<InMemoryRepository>()

  repository(name: string): InMemoryRepository {
    const repository = this.#repositories.get(name) ?? new InMemoryRepository(name, this)
    this.#repositories.set(name, repository)
    return repository
  }

  async remove(name: string): Promise<void> {
    await this.#repositories.discard(name)
  }
}

export class InMemoryRepository implements Repository {
  readonly name: string
  readonly tagged: Shelf<string> = new Shelf()
  readonly #registry: InMemoryRegistry
  readonly #manifests = new Shelf<Manifest>()
  readonly #blobs = new Shelf<Uint8Array>()
  readonly #uploads = new Shelf<Upload>()

  constructor(name: string, registry: InMemoryRegistry) {
    this.name = name
    this.#registry = registry
  }

  readonly tags: TagService = {
    untag: (tag) => this.tagged.discard(tag),
  }

  readonly manifests: ManifestService = {
    put: async (manifest, options) => {
      const digest = digestOf(manifest.payload)
      this.#manifests.set(digest, manifest)
      if (options?.tag !== undefined) this.tagged.set(options.tag, digest)
      return digest
    },
    get: async (digest) => this.#manifests.take(digest),
    delete: (digest) => this.#manifests.discard(digest),
  }

  readonly blobs: InMemoryBlobs = {
    // Real registries say the same of every blob: it is bytes, whatever a manifest calls it.
    stat: async (digest) => ({
      mediaType: 'application/octet-stream',
      digest,
      size: this.#blobs.take(digest).byteLength,
    }),
    get: async (digest) => this.#blobs.take(digest),
    put: async (_mediaType, content) => {
      const digest = digestOf(content)
      this.#blobs.set(digest, content)
      return this.blobs.stat(digest)
    },
    create: async ({ mountFrom } = {}) => {
      const content =
        mountFrom && this.#registry.repository(mountFrom.repository).#blobs.get(mountFrom.digest)
      if (mountFrom && content) {
        return { mounted: { descriptor: await this.blobs.put('', content), from: mountFrom.repository } }
      }
      const upload = new Upload(this.blobs)
      this.#uploads.set(upload.id, upload)
      return upload
    },
    resume: async (id) => this.#uploads.take(id),
    delete: (digest) => this.#blobs.discard(digest),
  }
}

/** Narrower than the interface: these uploads can also be written to. */
export interface InMemoryBlobs extends BlobStore {
  create(options?: CreateOptions): Promise<Upload | MountedBlob>
  resume(id: string): Promise<Upload>
}

class Upload implements BlobWriter {
  readonly id: string = randomUUID()
  readonly #blobs: BlobStore
  readonly #chunks: Uint8Array[] = []

  constructor(blobs: BlobStore) {
    this.#blobs = blobs
  }

  write(chunk: Uint8Array): void {
    this.#chunks.push(chunk)
  }

  async commit({ mediaType = '', digest }: Descriptor): Promise<Descriptor> {
    const content = Buffer.concat(this.#chunks)
    if (digest !== digestOf(content)) throw new Error(`the content is not ${digest}`)
    return this.#blobs.put(mediaType, content)
  }
}

export function digestOf(content: Uint8Array): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
