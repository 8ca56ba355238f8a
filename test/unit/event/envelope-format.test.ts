import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeEnvelope } from '../../../src/event/envelope-decoder.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { layerMediaType } from '../../../src/event/media-types.ts'

const common: Event = {
  timestamp: '2006-01-02T15:04:05Z',
  action: 'push',
  request: {
    id: 'asdfasdf',
    addr: 'client.local',
    host: 'registrycluster.local',
    method: 'PUT',
    useragent: 'test/0.1',
  },
  actor: { name: 'test-actor', userType: 'build' },
  source: { addr: 'hostname.local:port' },
}
const manifest = {
  type: 'application/vnd.docker.distribution.manifest.v1+prettyjws',
  size: 1,
  digest: 'sha256:0123456789abcdef0',
  path: 'manifests/latest',
}
const parts = [
  manifest,
  {
    type: layerMediaType,
    size: 2,
    digest: 'sha256:3b3692957d439ac1928219a83fac91e7bf96c153725526874673ae1f2023f8d5',
    path: 'blobs/1',
  },
  {
    type: layerMediaType,
    size: 3,
    digest: 'sha256:3b3692957d439ac1928219a83fac91e7bf96c153725526874673ae1f2023f8d6',
    path: 'blobs/2',
  },
] as const

const urlOf = (path: string): string => `http://example.com/v2/library/test/${path}`

const events: readonly Event[] = parts.map(({ type, size, digest, path }, n) => ({
  ...common,
  id: `asdf-asdf-asdf-asdf-${n}`,
  target: { mediaType: type, size, digest, length: size, repository: 'library/test', url: urlOf(path) },
}))

/** Written out, not made by any JSON encoder: a byte that changes here is a change of the format. */
function eventText(n: number, actor: string): string {
  const { type, size, digest, path } = parts[n] ?? manifest
  return `      {
         "id": "asdf-asdf-asdf-asdf-${n}",
         "timestamp": "2006-01-02T15:04:05Z",
         "action": "push",
         "target": {
            "mediaType": "${type}",
            "size": ${size},
            "digest": "${digest}",
            "length": ${size},
            "repository": "library/test",
            "url": "${urlOf(path)}"
         },
         "request": {
            "id": "asdfasdf",
            "addr": "client.local",
            "host": "registrycluster.local",
            "method": "PUT",
            "useragent": "test/0.1"
         },
         "actor": {
            ${actor}
         },
         "source": {
            "addr": "hostname.local:port"
         }
      }`
}

for (const [profile, actor] of [
  ['distribution-2', '"name": "test-actor"'],
  ['gitlab', '"name": "test-actor",\n            "user_type": "build"'],
] as const) {
  test(`an Envelope of a manifest and its two layers has these very bytes, and is read back from them: ${profile}`, () => {
    const text = `{\n   "events": [\n${[0, 1, 2].map((n) => eventText(n, actor)).join(',\n')}\n   ]\n}`
    assert.equal(encodeEnvelope(events, profile), text)
    assert.equal(encodeEnvelope(decodeEnvelope(Buffer.from(text), profile).events, profile), text)
  })
}
