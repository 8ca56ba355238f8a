import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import type { Descriptor, Target } from '../../../src/event/event.ts'
import { layerMediaType } from '../../../src/event/media-types.ts'
import { type BridgeOptions, newBridge } from '../../../src/listener/bridge.ts'
import type { Listener } from '../../../src/listener/listener.ts'
import type { Manifest } from '../../../src/listener/repository.ts'
import { newURLBuilder } from '../../../src/listener/url-builder.ts'
import { SinkClosedError } from '../../../src/sink/sink.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { RecordingSink } from './listener-support.ts'

const source = { addr: 'node-1:5000', instanceID: 'an-instance' }
const actor = { name: 'ci', userType: 'build', user: 'a.jwt' }
const request = { id: 'a-request', addr: '203.0.113.7', host: 'a.test', method: 'PUT', useragent: 'test' }
const root = 'https://registry.example.test/v2'

interface Bed {
  readonly sink: RecordingSink
  readonly bridge: Listener
}

function bed(options: Partial<BridgeOptions> = {}): Bed {
  const sink = new RecordingSink()
  let ids = 0
  const bridge = newBridge({
    urlBuilder: newURLBuilder({ host: 'https://registry.example.test' }),
    source,
    actor,
    request,
    sink,
    clock: new ManualClock(Date.parse('2026-11-25T20:00:00.120Z')),
    newId: () => `event-${++ids}`,
    ...options,
  })
  return { sink, bridge }
}

/** The one event of a call, checked to be whole, by its action and target. */
function only(sink: RecordingSink): readonly [string | undefined, Target | undefined] {
  assert.equal(sink.writes.length, 1)
  const [event, ...more] = sink.events
  assert.deepEqual(more, [])
  const { action, target, ...rest } = event ?? {}
  assert.deepEqual(rest, { id: 'event-1', timestamp: '2026-11-25T20:00:00.12Z', request, actor, source })
  return [action, target]
}

const digest = `sha256:${'4'.repeat(64)}`
const descriptor: Descriptor = { mediaType: 'application/octet-stream', digest, size: 32 }

const config: Descriptor = { mediaType: 'application/vnd.docker.container.image.v1+json', digest, size: 3 }
const layers: readonly Descriptor[] = [
  { mediaType: layerMediaType, digest: `sha256:${'5'.repeat(64)}`, size: 10 },
  { mediaType: layerMediaType, digest: `sha256:${'6'.repeat(64)}`, size: 20 },
]
const imageType = 'application/vnd.docker.distribution.manifest.v2+json'
const image = manifestOf(imageType, { schemaVersion: 2, mediaType: imageType, config, layers })

function manifestOf(mediaType: string, document: object): Manifest {
  return { mediaType, payload: Buffer.from(JSON.stringify(document, null, 3)) }
}

function targetOf({ mediaType, payload }: Manifest): Target {
  const digestOfPayload = `sha256:${createHash('sha256').update(payload).digest('hex')}`
  return {
    mediaType,
    digest: digestOfPayload,
    size: payload.byteLength,
    length: payload.byteLength,
    repository: 'team/app',
    url: `${root}/team/app/manifests/${digestOfPayload}`,
  }
}

test('a pushed manifest is an event with digest, size and URL of its exact bytes', async () => {
  const { sink, bridge } = bed()
  await bridge.manifestPushed('team/app', image)
  assert.deepEqual(only(sink), ['push', targetOf(image)])
})

test('a pulled manifest is the same event but for the action', async () => {
  const { sink, bridge } = bed()
  await bridge.manifestPulled('team/app', image, {})
  assert.deepEqual(only(sink), ['pull', targetOf(image)])
})

test('the tag of a push or a pull is in its event, and the URL names the digest all the same', async () => {
  for (const [method, action] of [
    ['manifestPushed', 'push'],
    ['manifestPulled', 'pull'],
  ] as const) {
    const { sink, bridge } = bed()
    await bridge[method]('team/app', image, { tag: '1.4' })
    assert.deepEqual(only(sink), [action, { ...targetOf(image), tag: '1.4' }])
  }
})

test('an empty tag is no tag', async () => {
  const { sink, bridge } = bed()
  await bridge.manifestPushed('team/app', image, { tag: '' })
  assert.deepEqual(only(sink), ['push', targetOf(image)])
})

test('with references, an image lists its configuration and then its layers, in order', async () => {
  const { sink, bridge } = bed({ includeReferences: true })
  await bridge.manifestPushed('team/app', image)
  assert.deepEqual(only(sink), ['push', { ...targetOf(image), references: [config, ...layers] }])
})

test('a list without manifests has no references, not an empty list of them', async () => {
  const index = manifestOf('application/vnd.oci.image.index.v1+json', { manifests: [] })
  const { sink, bridge } = bed({ includeReferences: true })
  await bridge.manifestPushed('team/app', index)
  assert.deepEqual(only(sink), ['push', targetOf(index)])
})

test('a deleted manifest and a deleted blob are the same event: repository and digest', async () => {
  for (const method of ['manifestDeleted', 'blobDeleted'] as const) {
    const { sink, bridge } = bed()
    await bridge[method]('team/app', digest)
    assert.deepEqual(only(sink), ['delete', { repository: 'team/app', digest }])
  }
})

test('pushed and pulled blobs are events with the whole descriptor and the URL', async () => {
  const whole = { ...descriptor, urls: ['https://a.test/'], annotations: new Map([['a', 'b']]) }
  for (const [method, action] of [
    ['blobPushed', 'push'],
    ['blobPulled', 'pull'],
  ] as const) {
    const { sink, bridge } = bed()
    await bridge[method]('team/app', whole)
    const expected = { ...whole, length: 32, repository: 'team/app', url: `${root}/team/app/blobs/${digest}` }
    assert.deepEqual(only(sink), [action, expected])
  }
})

test('an empty blob has the size zero and no length', async () => {
  const { sink, bridge } = bed()
  await bridge.blobPushed('team/app', { ...descriptor, size: 0 })
  const [, target] = only(sink)
  assert.equal(target?.size, 0)
  assert.ok(!('length' in (target ?? {})))
})

test('a mounted blob names the repository it came from', async () => {
  const { sink, bridge } = bed()
  await bridge.blobMounted('team/app', descriptor, 'base/os')
  const expected = {
    ...descriptor,
    length: 32,
    repository: 'team/app',
    url: `${root}/team/app/blobs/${digest}`,
  }
  assert.deepEqual(only(sink), ['mount', { ...expected, fromRepository: 'base/os' }])
})

test('a deleted tag names repository and tag, a deleted repository just itself', async () => {
  const tags = bed()
  await tags.bridge.tagDeleted('team/app', '1.4')
  assert.deepEqual(only(tags.sink), ['delete', { repository: 'team/app', tag: '1.4' }])
  const repositories = bed()
  await repositories.bridge.repoDeleted('team/app')
  assert.deepEqual(only(repositories.sink), ['delete', { repository: 'team/app' }])
})

test('a renamed repository goes by its old path', async () => {
  const { sink, bridge } = bed()
  const rename = { type: 'name', from: 'group/old', to: 'group/new' }
  await bridge.repoRenamed('group/old', rename)
  assert.deepEqual(only(sink), ['rename', { repository: 'group/old', rename }])
})

test('every event has an id of its own and is written alone', async () => {
  const { sink, bridge } = bed()
  await Promise.all([bridge.repoDeleted('a'), bridge.repoDeleted('b')])
  assert.deepEqual(
    sink.writes.map((events) => events.map(({ id, target }) => [id, target?.repository])),
    [[['event-1', 'a']], [['event-2', 'b']]],
  )
})

test('what no event can be made of is an error, and nothing is written', async () => {
  const { sink, bridge } = bed()
  const invalid = (message: RegExp) => (error: unknown) =>
    isRelayError(error, 'EVENT_INVALID') && message.test(error.message)
  const format = invalid(/^invalid digest format/)
  await assert.rejects(bridge.blobPushed('team/app', { ...descriptor, digest: 'sha256:123' }), format)
  await assert.rejects(bridge.blobPulled('team/app', { size: 1 }), format)
  await assert.rejects(bridge.blobMounted('team/app', { ...descriptor, digest: `x${digest} ` }, 'b'), format)
  await assert.rejects(
    bridge.manifestPushed('team/app', { ...image, payload: Buffer.from('{') }),
    invalid(/not JSON/),
  )
  await assert.rejects(
    bridge.manifestPulled('team/app', { ...image, mediaType: 'text/html' }),
    invalid(/text\/html/),
  )
  await assert.rejects(bridge.manifestPushed('Team App', image), invalid(/invalid repository name/))
  await assert.rejects(bridge.blobPushed('', descriptor), invalid(/invalid repository name/))
  assert.deepEqual(sink.writes, [])
})

test('a delete needs no URL: any digest and any name will do', async () => {
  const { sink, bridge } = bed()
  await bridge.manifestDeleted('Team App', 'not a digest')
  assert.deepEqual(only(sink), ['delete', { repository: 'Team App', digest: 'not a digest' }])
})

test('an error of the URL builder or of the sink is what the caller gets', async () => {
  const urlError = new Error('no URL')
  const throwing = {
    buildManifestURL: (): string => {
      throw urlError
    },
    buildBlobURL: (): string => {
      throw urlError
    },
  }
  const withoutUrls = bed({ urlBuilder: throwing })
  await assert.rejects(withoutUrls.bridge.manifestPushed('team/app', image), urlError)
  await assert.rejects(withoutUrls.bridge.blobPushed('team/app', descriptor), urlError)
  assert.deepEqual(withoutUrls.sink.writes, [])
  const closed = bed()
  closed.sink.failure = new SinkClosedError()
  await assert.rejects(closed.bridge.repoDeleted('team/app'), closed.sink.failure)
})

/** Calls everything once. */
async function everything(bridge: Listener): Promise<void> {
  await bridge.manifestPushed('team/app', image)
  await bridge.manifestPulled('team/app', image)
  await bridge.manifestDeleted('team/app', digest)
  await bridge.blobPushed('team/app', descriptor)
  await bridge.blobPulled('team/app', descriptor, { storageBackend: 's3aws', redirected: true })
  await bridge.blobMounted('team/app', descriptor, 'base/os')
  await bridge.blobDeleted('team/app', digest)
  await bridge.tagDeleted('team/app', '1.4')
  await bridge.repoDeleted('team/app')
  await bridge.repoRenamed('team/app', { type: 'name', from: 'team/app', to: 'team/new' })
}

test('the two bridges of GitLab share the work: no event twice, none missing', async () => {
  const blobs = bed({ registry: 'gitlab' })
  const queue = bed({ registry: 'gitlab-queue' })
  await everything(blobs.bridge)
  await everything(queue.bridge)
  const actions = (sink: RecordingSink) => sink.events.map(({ action }) => action)
  assert.deepEqual(actions(blobs.sink), ['push', 'pull', 'mount', 'delete', 'delete'])
  assert.deepEqual(actions(queue.sink), ['push', 'pull', 'delete', 'delete', 'rename'])
  assert.deepEqual(
    blobs.sink.events.map(({ actor: by }) => by),
    Array(5).fill({ name: 'ci', userType: 'build' }),
    'the token of the user is in no event about blobs',
  )
  assert.deepEqual(
    queue.sink.events.map(({ actor: by }) => by),
    Array(5).fill(actor),
  )
})

test('the bridges of Distribution write all of it', async () => {
  for (const registry of ['distribution-2', 'distribution-3'] as const) {
    const { sink, bridge } = bed({ registry })
    await everything(bridge)
    assert.equal(sink.writes.length, 10)
    assert.ok(sink.events.every(({ meta }) => meta === undefined))
  }
})

test('how a blob was served is metadata for GitLab, with what it leaves out left out', async () => {
  const { sink, bridge } = bed({ registry: 'gitlab' })
  await bridge.blobPulled('team/app', descriptor, { storageBackend: 's3aws', redirected: true })
  await bridge.blobPulled('team/app', descriptor, { storageBackend: 'filesystem', redirected: false })
  await bridge.blobPulled('team/app', descriptor, {})
  await bridge.blobPulled('team/app', descriptor)
  const compact = sink.events.map(({ meta }) => meta?.get('blob')?.replace(/\s/g, ''))
  assert.deepEqual(compact, [
    '{"storageBackend":"s3aws","redirected":true}',
    '{"storageBackend":"filesystem"}',
    '{}',
    undefined,
  ])
})

test('each registry lists the members of references that it knows, and GitLab the subject last', async () => {
  const child = {
    mediaType: imageType,
    digest,
    size: 7,
    urls: ['https://a.test/'],
    annotations: { a: 'b' },
    data: 'YQ==',
    artifactType: 'text/x',
    platform: { architecture: 'arm64', os: 'linux', variant: 'v8', features: ['sse4'], 'os.version': '10' },
  }
  const index = manifestOf('application/vnd.oci.image.index.v1+json', {
    manifests: [child],
    subject: { mediaType: imageType, digest, size: 8 },
  })
  const known = {
    mediaType: imageType,
    digest,
    size: 7,
    urls: child.urls,
    annotations: new Map([['a', 'b']]),
  }
  const expected = {
    'distribution-2': [known],
    'distribution-3': [
      {
        ...known,
        data: 'YQ==',
        artifactType: 'text/x',
        platform: { architecture: 'arm64', os: 'linux', variant: 'v8', osVersion: '10' },
      },
    ],
    'gitlab-queue': [known, { mediaType: imageType, digest, size: 8 }],
  }
  for (const [registry, references] of Object.entries(expected)) {
    const { sink, bridge } = bed({ includeReferences: true, registry: registry as keyof typeof expected })
    await bridge.manifestPushed('team/app', index)
    assert.deepEqual(sink.events[0]?.target?.references, references, registry)
  }
})
