import type { BlobListener } from './listener.ts'
import { overlay } from './overlay.ts'
import type { Report } from './report.ts'
import type { BlobMeta, BlobStore, BlobWriter, MountedBlob } from './repository.ts'

/** The part of `listen` that is about blobs. What a registry does not have (`open`, `serve`, `resume`) is not added. */
export function listenToBlobs(
  blobs: BlobStore,
  repository: string,
  listener: BlobListener,
  report: Report,
  pulls: boolean,
): BlobStore {
  // `stat` without the signal of the caller: a client that goes away during a download aborts its request, and the
  // pull happened nonetheless.
  const pulled = async (digest: string, meta?: BlobMeta): Promise<void> => {
    if (!pulls) return
    await report('blob_pull', async () => listener.blobPulled(repository, await blobs.stat(digest), meta))
  }
  // Only a writer that is there: a `create` or `resume` that failed rejects, and its error is what the caller gets.
  const listenToWriter = (writer: BlobWriter): BlobWriter =>
    overlay(writer, {
      async commit(expected, ...rest) {
        const committed = await writer.commit(expected, ...rest)
        await report('blob_push', () => listener.blobPushed(repository, committed))
        return committed
      },
    })

  const open = blobs.open?.bind(blobs)
  const serve = blobs.serve?.bind(blobs)
  const resume = blobs.resume?.bind(blobs)
  return overlay<BlobStore>(blobs, {
    async get(digest, ...rest) {
      const content = await blobs.get(digest, ...rest)
      await pulled(digest)
      return content
    },
    open:
      open &&
      (async (digest, ...rest) => {
        const opened = await open(digest, ...rest)
        await pulled(digest)
        return opened
      }),
    serve:
      serve &&
      (async (digest, ...rest) => {
        const served = await serve(digest, ...rest)
        await pulled(digest, blobMetaOf(served))
        return served
      }),
    async put(mediaType, content, ...rest) {
      const descriptor = await blobs.put(mediaType, content, ...rest)
      await report('blob_push', () => listener.blobPushed(repository, descriptor))
      return descriptor
    },
    async create(...args) {
      const created = await blobs.create(...args)
      if (!isMounted(created)) return listenToWriter(created)
      const { descriptor, from } = created.mounted
      await report('blob_mount', () => listener.blobMounted(repository, descriptor, from))
      return created
    },
    resume: resume && (async (id, ...rest) => listenToWriter(await resume(id, ...rest))),
    async delete(digest, ...rest) {
      const result = await blobs.delete(digest, ...rest)
      await report('blob_delete', () => listener.blobDeleted(repository, digest))
      return result
    },
  })
}

function isMounted(created: BlobWriter | MountedBlob): created is MountedBlob {
  return 'mounted' in created
}

/** What `serve` resolved with, if it says how the blob was served; a registry may return anything else. */
function blobMetaOf(served: unknown): BlobMeta | undefined {
  if (typeof served !== 'object' || served === null) return undefined
  const { storageBackend, redirected } = served as Readonly<Record<string, unknown>>
  const meta: BlobMeta = {
    ...(typeof storageBackend === 'string' && { storageBackend }),
    ...(typeof redirected === 'boolean' && { redirected }),
  }
  return Object.keys(meta).length === 0 ? undefined : meta
}
