import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Descriptor, Event } from '../../../src/event/event.ts'
import type { Profile } from '../../../src/event/profile.ts'
import { newBridge } from '../../../src/listener/bridge.ts'
import type { BridgeRegistry } from '../../../src/listener/bridge-traits.ts'
import type { Listener } from '../../../src/listener/listener.ts'
import { readManifest } from '../../../src/listener/manifest-content.ts'
import type { BlobMeta, Manifest } from '../../../src/listener/repository.ts'
import { newURLBuilder } from '../../../src/listener/url-builder.ts'
import { type CaptureSet, captureSets, recordedBodies } from '../../support/notification-fixtures.ts'
import { RecordingSink } from './listener-support.ts'

interface Registry {
  readonly profile: Profile
  readonly ofBlobs: BridgeRegistry
  readonly ofManifests: BridgeRegistry
}

const registries: Readonly<Record<CaptureSet, Registry>> = {
  'distribution-2.8.2': {
    profile: 'distribution-2',
    ofBlobs: 'distribution-2',
    ofManifests: 'distribution-2',
  },
  'distribution-3.1.1': {
    profile: 'distribution-3',
    ofBlobs: 'distribution-3',
    ofManifests: 'distribution-3',
  },
  'gitlab-4.32.0': { profile: 'gitlab', ofBlobs: 'gitlab', ofManifests: 'gitlab-queue' },
}

/** What the registry's code called when the event came about; `undefined` if that cannot be known from the event. */
function callOf(event: Event): ((listener: Listener) => Promise<void>) | undefined {
  const { action, target = {} } = event
  const { repository = '', digest = '', tag, url = '', rename } = target
  if (rename !== undefined) return (listener) => listener.repoRenamed(repository, rename)
  if (action === 'delete' && tag !== undefined) return (listener) => listener.tagDeleted(repository, tag)
  if (action === 'delete') return (listener) => listener.manifestDeleted(repository, digest)
  if (url.includes('/blobs/')) {
    const { fromRepository, length: _, url: __, repository: ___, ...descriptor } = target
    const { meta } = event
    const blobMeta = JSON.parse(meta?.get('blob') ?? 'null') as BlobMeta | null
    if (action === 'mount') {
      return (listener) => listener.blobMounted(repository, descriptor, fromRepository ?? '')
    }
    return action === 'push'
      ? (listener) => listener.blobPushed(repository, descriptor)
      : (listener) => listener.blobPulled(repository, descriptor, blobMeta ?? undefined)
  }
  const manifest = manifestOf(target.mediaType ?? '', target.references ?? [], digest)
  if (manifest === undefined) return undefined
  const options = tag === undefined ? {} : { tag }
  return action === 'push'
    ? (listener) => listener.manifestPushed(repository, manifest, options)
    : (listener) => listener.manifestPulled(repository, manifest, options)
}

/** The payload as the clients of the captures wrote it, if it has the recorded digest. */
function manifestOf(
  mediaType: string,
  references: readonly Descriptor[],
  digest: string,
): Manifest | undefined {
  const [config, ...layers] = references.map(({ mediaType: type, digest: of, size }) => ({
    mediaType: type,
    digest: of,
    size,
  }))
  const text = JSON.stringify({ schemaVersion: 2, config, layers })
  return [text, `${text}\n`]
    .map((payload) => ({ mediaType, payload: Buffer.from(payload) }))
    .find((manifest) => digestOf(manifest) === digest)
}

function digestOf(manifest: Manifest): string | undefined {
  try {
    return readManifest(manifest).descriptor.digest
  } catch {
    return undefined
  }
}

for (const set of captureSets) {
  test(`the bridge writes the events of ${set} as that registry did, byte for byte`, async () => {
    const { profile, ofBlobs, ofManifests } = registries[set]
    const reproduced = new Map<string, number>()
    for (const { body, scenario, set: from } of recordedBodies()) {
      const [received] = from === set ? readEnvelope(body).events : []
      const call = received && callOf(received.event)
      if (received === undefined || call === undefined) continue
      const { event } = received
      // A user agent that is not UTF-8 does not survive the typed members, whoever made the event.
      if (scenario === '45-odd-user-agent' && encodeEnvelope([event], profile) !== body.toString()) continue
      const { actor = {}, request = {}, source = {}, target = {}, id = '', timestamp = '' } = event
      const sink = new RecordingSink()
      const isBlob = target.url?.includes('/blobs/') ?? false
      const bridge = newBridge({
        urlBuilder: newURLBuilder({ host: (target.url ?? 'http://no.url.test/v2/').replace(/v2\/.*/, '') }),
        source,
        actor,
        request,
        sink,
        registry: isBlob ? ofBlobs : ofManifests,
        includeReferences: (target.references?.length ?? 0) > 0,
        newId: () => id,
      })
      await call(bridge)
      // The clock of the bridge has milliseconds, that of a registry more.
      const events = sink.events.map((written) => ({ ...written, timestamp }))
      assert.equal(encodeEnvelope(events, profile), body.toString(), scenario)
      const kind = `${event.action} ${isBlob ? 'blob' : (target.references?.length ?? 0) > 0 ? 'manifest' : 'other'}`
      reproduced.set(kind, (reproduced.get(kind) ?? 0) + 1)
    }
    for (const kind of [
      'push blob',
      'pull blob',
      'mount blob',
      'delete other',
      'push manifest',
      'pull manifest',
    ]) {
      assert.ok(reproduced.has(kind), `${kind}: nothing of that kind was compared`)
    }
    assert.equal(reproduced.has('rename other'), profile === 'gitlab')
  })
}
