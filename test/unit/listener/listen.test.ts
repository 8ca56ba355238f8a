import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, InMemoryRegistry, type InMemoryRepository } from '../../../examples/in-memory-registry.ts'
import { type ListenOptions, listen } from '../../../src/listener/listen.ts'
import type { BlobStore, Manifest } from '../../../src/listener/repository.ts'
import { observed, RecordingListener } from './listener-support.ts'

const manifest: Manifest = {
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  payload: Buffer.from('{"schemaVersion":2}'),
}
const manifestDigest = digestOf(manifest.payload)
const layer = Buffer.from('a layer')
const digest = digestOf(layer)
const descriptor = { mediaType: 'application/octet-stream', digest, size: 7 }

interface Bed {
  readonly registry: InMemoryRegistry
  /** The same repository without the decoration. */
  readonly inner: InMemoryRepository
  readonly repository: InMemoryRepository
  readonly remover: InMemoryRegistry
  readonly listener: RecordingListener
  readonly told: ReturnType<typeof observed>
}

function bed(options: ListenOptions = {}): Bed {
  const registry = new InMemoryRegistry()
  const inner = registry.repository('team/app')
  const listener = new RecordingListener()
  const told = observed()
  const listened = listen(inner, registry, listener, { telemetry: told.telemetry, ...options })
  return { registry, inner, ...listened, listener, told }
}

async function uploaded(repository: InMemoryRepository, content: Uint8Array): Promise<string> {
  const writer = await repository.blobs.create()
  assert.ok('write' in writer)
  writer.write(content)
  await writer.commit({ digest: digestOf(content) })
  return digestOf(content)
}

test('every operation on a real repository is reported once', async () => {
  const { registry, repository, remover, listener } = bed()
  const digests = []
  for (const content of ['config', 'layer 1', 'layer 2']) {
    digests.push(await uploaded(repository, Buffer.from(content)))
  }
  await repository.manifests.put(manifest, { tag: 'v1' })
  await repository.manifests.get(manifestDigest)
  for (const each of digests) await repository.blobs.get(each)
  const other = listen(registry.repository('other'), registry, listener).repository
  await other.blobs.create({ mountFrom: { repository: 'team/app', digest: digests[0] ?? '' } })
  await repository.tags.untag('v1')
  await repository.manifests.delete(manifestDigest)
  for (const each of digests) await repository.blobs.delete(each)
  await remover.remove('team/app')
  assert.deepEqual(listener.counts, {
    blobPushed: 3,
    manifestPushed: 1,
    manifestPulled: 1,
    blobPulled: 3,
    blobMounted: 1,
    tagDeleted: 1,
    manifestDeleted: 1,
    blobDeleted: 3,
    repoDeleted: 1,
  })
})

test('calls for manifests are reported with their options, and return what the repository returned', async () => {
  const { repository, listener } = bed()
  const options = { tag: 'v1' }
  assert.equal(await repository.manifests.put(manifest, options), manifestDigest)
  assert.equal(await repository.manifests.get(manifestDigest), manifest)
  assert.equal(await repository.manifests.get(manifestDigest, options), manifest)
  await repository.manifests.delete(manifestDigest)
  assert.deepEqual(listener.calls, [
    ['manifestPushed', 'team/app', manifest, options],
    ['manifestPulled', 'team/app', manifest, undefined],
    ['manifestPulled', 'team/app', manifest, options],
    ['manifestDeleted', 'team/app', manifestDigest],
  ])
})

test('a push by tag is reported when the tag is there', async () => {
  const { inner, repository, listener } = bed()
  let tagged: string | undefined
  listener.manifestPushed = async () => {
    tagged = inner.tagged.get('v1')
  }
  await repository.manifests.put(manifest, { tag: 'v1' })
  assert.equal(tagged, manifestDigest)
})

test('blobs are reported with the descriptor that came back, or with what stat says', async () => {
  const { repository, listener } = bed()
  assert.deepEqual(await repository.blobs.put('text/plain', layer), descriptor)
  assert.equal(await repository.blobs.get(digest), layer)
  await repository.blobs.delete(digest)
  assert.deepEqual(listener.calls, [
    ['blobPushed', 'team/app', descriptor],
    ['blobPulled', 'team/app', descriptor, undefined],
    ['blobDeleted', 'team/app', digest],
  ])
})

test('an upload is reported when it is committed, also when it was resumed, and no sooner', async () => {
  const { repository, listener } = bed()
  const writer = await repository.blobs.create()
  assert.ok('write' in writer)
  writer.write(layer.subarray(0, 3))
  const resumed = await repository.blobs.resume(writer.id)
  resumed.write(layer.subarray(3))
  assert.deepEqual(listener.calls, [])
  assert.deepEqual(await resumed.commit({ digest }), descriptor)
  assert.deepEqual(listener.calls, [['blobPushed', 'team/app', descriptor]])
})

test('a mount is reported with where it came from, and a mount that fell back to an upload is not', async () => {
  const { registry, repository, listener } = bed()
  await registry.repository('base/os').blobs.put('', layer)
  const options = { mountFrom: { repository: 'base/os', digest } }
  assert.deepEqual(await repository.blobs.create(options), { mounted: { descriptor, from: 'base/os' } })
  assert.deepEqual(listener.calls, [['blobMounted', 'team/app', descriptor, 'base/os']])
  const fallback = await repository.blobs.create({ mountFrom: { repository: 'base/os', digest: 'unknown' } })
  assert.ok('write' in fallback)
  assert.equal(listener.calls.length, 1)
})

test('deleted tags and repositories are reported under their names', async () => {
  const { registry, repository, remover, listener } = bed()
  await repository.manifests.put(manifest, { tag: 'v1' })
  await repository.tags.untag('v1')
  registry.repository('other')
  await remover.remove('other')
  assert.deepEqual(listener.calls.slice(1), [
    ['tagDeleted', 'team/app', 'v1'],
    ['repoDeleted', 'other'],
  ])
})

test('what only looks, or only prepares, is not reported', async () => {
  const { repository, listener } = bed()
  await repository.blobs.put('', layer)
  listener.calls.length = 0
  await repository.blobs.stat(digest)
  await repository.blobs.create()
  repository.tagged.set('v1', digest)
  assert.deepEqual(listener.calls, [])
})

test('an operation that failed is not reported, and its error is what the caller gets', async () => {
  const { repository, remover, listener, told } = bed()
  await assert.rejects(repository.manifests.get('m'), /m is unknown/)
  await assert.rejects(repository.manifests.delete('m'), /m is unknown/)
  await assert.rejects(repository.blobs.get('b'), /b is unknown/)
  await assert.rejects(repository.blobs.delete('b'), /b is unknown/)
  await assert.rejects(repository.tags.untag('never'), /never is unknown/)
  await assert.rejects(remover.remove('nobody'), /nobody is unknown/)
  await assert.rejects(repository.blobs.resume('gone'), /gone is unknown/, 'no writer is made of nothing')
  const writer = await repository.blobs.create()
  assert.ok('write' in writer)
  await assert.rejects(writer.commit({ digest: 'sha256:other' }), /the content is not sha256:other/)
  assert.deepEqual(listener.calls, [])
  assert.deepEqual(told.lines, [])
})

test('a create that failed rejects and gives no writer', async () => {
  const { inner, registry, listener } = bed()
  const broken: BlobStore = { ...inner.blobs, create: () => Promise.reject(new Error('no space')) }
  const { repository } = listen({ ...inner, blobs: broken }, registry, listener)
  await assert.rejects(repository.blobs.create(), /no space/)
  assert.deepEqual(listener.calls, [])
})

/** A blob store that can all three reads, and notes what it is asked for. */
function readable(inner: InMemoryRepository, serve: () => Promise<unknown>) {
  const asked: (readonly unknown[])[] = []
  const blobs = {
    ...inner.blobs,
    open: async (...args: readonly unknown[]) => {
      asked.push(args)
      return 'a stream'
    },
    serve: async (...args: readonly unknown[]) => {
      asked.push(args)
      return serve()
    },
    stat: async (...args: Parameters<BlobStore['stat']>) => {
      asked.push(args)
      return inner.blobs.stat(...args)
    },
  }
  return { asked, blobs }
}

test('get, open and serve are pulls, each with a stat of its own without the signal of the caller', async () => {
  const { inner, registry, listener } = bed()
  await inner.blobs.put('', layer)
  const { asked, blobs } = readable(inner, async () => undefined)
  const { repository } = listen({ ...inner, blobs }, registry, listener)
  const options = { signal: AbortSignal.abort(new Error('the client has gone')) }
  assert.equal(await repository.blobs.get(digest, options), layer)
  assert.equal(await repository.blobs.open(digest, options), 'a stream')
  assert.equal(await repository.blobs.serve(digest, 'request', 'response', options), undefined)
  assert.deepEqual(asked, [
    [digest],
    [digest, options],
    [digest],
    [digest, 'request', 'response', options],
    [digest],
  ])
  assert.deepEqual(listener.counts, { blobPulled: 3 })
})

test('how a blob was served reaches the listener, and what else serve resolves with only the caller', async () => {
  const { inner, registry, listener } = bed()
  await inner.blobs.put('', layer)
  const results: readonly (readonly [served: unknown, meta: unknown])[] = [
    [
      { storageBackend: 's3aws', redirected: true, more: 1 },
      { storageBackend: 's3aws', redirected: true },
    ],
    [{ redirected: false }, { redirected: false }],
    [{ storageBackend: 1 }, undefined],
    ['served', undefined],
    [null, undefined],
  ]
  for (const [served, meta] of results) {
    const { blobs } = readable(inner, async () => served)
    const { repository } = listen({ ...inner, blobs }, registry, listener)
    assert.equal(await repository.blobs.serve(digest, undefined, undefined), served)
    assert.deepEqual(listener.calls.at(-1), ['blobPulled', 'team/app', descriptor, meta])
  }
})

test('a stat that fails loses the event and not the pull, with a line and a count', async () => {
  const { inner, registry, listener, told } = bed()
  await inner.blobs.put('', layer)
  const blobs: BlobStore = { ...inner.blobs, stat: () => Promise.reject(new Error('no stat')) }
  const { repository } = listen({ ...inner, blobs }, registry, listener, { telemetry: told.telemetry })
  assert.equal(await repository.blobs.get(digest), layer)
  assert.deepEqual(listener.calls, [])
  assert.equal(told.lines[0]?.level, 'error')
  assert.match(String(told.lines[0]?.['err']), /no stat/)
  assert.deepEqual(told.counts, [
    { name: 'registry_relay_listener_failures_total', labels: { occurrence: 'blob_pull' } },
  ])
})

test('an error of the listener does not undo the operation: it is logged and counted', async () => {
  const { inner, repository, listener, told } = bed()
  listener.failure = new Error('sink: closed')
  await inner.blobs.put('', Buffer.from('other'))
  await repository.manifests.put(manifest)
  await repository.manifests.get(manifestDigest)
  await repository.manifests.delete(manifestDigest)
  await repository.blobs.put('', layer)
  await repository.blobs.get(digest)
  const mounted = await repository.blobs.create({ mountFrom: { repository: 'team/app', digest } })
  assert.ok('mounted' in mounted)
  await uploaded(repository, layer)
  await repository.blobs.delete(digest)
  assert.deepEqual(
    told.counts.map(({ labels }) => labels['occurrence']),
    [
      'manifest_push',
      'manifest_pull',
      'manifest_delete',
      'blob_push',
      'blob_pull',
      'blob_mount',
      'blob_push',
      'blob_delete',
    ],
  )
  assert.deepEqual(
    told.lines.map(({ level, repository: name, err }) => [level, name, err]),
    told.counts.map(() => ['error', 'team/app', listener.failure]),
  )
})

test('an error of the listener about a deleted tag or repository also reaches the caller', async () => {
  const { inner, registry, repository, remover, listener, told } = bed()
  inner.tagged.set('v1', digest)
  listener.failure = new Error('sink: closed')
  await assert.rejects(repository.tags.untag('v1'), listener.failure)
  await assert.rejects(remover.remove('team/app'), listener.failure)
  assert.equal(inner.tagged.has('v1'), false)
  assert.notEqual(registry.repository('team/app'), inner, 'removed')
  assert.deepEqual(
    told.counts.map(({ labels }) => labels['occurrence']),
    ['tag_delete', 'repository_delete'],
  )
})

test('a listener that throws instead of rejecting is no different', async () => {
  const { repository, listener, told } = bed()
  listener.blobPushed = () => {
    throw 'not even an error'
  }
  assert.deepEqual(await repository.blobs.put('', layer), descriptor)
  assert.match(String(told.lines[0]?.['err']), /not even an error/)
})

test('without pulls of blobs, reads are passed through and all else is reported', async () => {
  const { repository, listener } = bed({ blobPulls: false })
  await repository.blobs.put('', layer)
  await repository.blobs.get(digest)
  await repository.blobs.delete(digest)
  assert.deepEqual(listener.counts, { blobPushed: 1, blobDeleted: 1 })
})

test('the call resolves only when the listener has answered, so that events keep the order of the calls', async () => {
  const { repository, listener } = bed()
  const order: string[] = []
  listener.blobPushed = async () => {
    await new Promise((resolve) => setImmediate(resolve))
    order.push('reported')
  }
  await repository.blobs.put('', layer)
  order.push('resolved')
  assert.deepEqual(order, ['reported', 'resolved'])
})

test('what else a repository can do, it still can, and what it cannot do is not added', async () => {
  const { inner, registry } = bed()
  const listener = new RecordingListener()
  const { repository } = listen(
    {
      ...inner,
      tagged: inner.tagged,
      describe: () => 'mine',
      blobs: { ...inner.blobs, enumerate: () => [digest] },
    },
    registry,
    listener,
  )
  assert.equal(repository.describe(), 'mine')
  assert.deepEqual(repository.blobs.enumerate(), [digest])
  const blobs: BlobStore = repository.blobs
  assert.equal(blobs.open, undefined)
  assert.equal(blobs.serve, undefined)
})
