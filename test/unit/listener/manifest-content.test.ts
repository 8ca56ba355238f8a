import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { readManifest } from '../../../src/listener/manifest-content.ts'

const docker = 'application/vnd.docker.distribution.manifest.v2+json'
const dockerList = 'application/vnd.docker.distribution.manifest.list.v2+json'
const oci = 'application/vnd.oci.image.manifest.v1+json'
const ociIndex = 'application/vnd.oci.image.index.v1+json'
const digest = `sha256:${'4'.repeat(64)}`

const read = (mediaType: string, payload: string | object) =>
  readManifest({
    mediaType,
    payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
  })

const config = { mediaType: 'config', digest, size: 1 }
const layer = { mediaType: 'layer', digest, size: 2 }
const child = { mediaType: 'child', digest, size: 3, platform: { architecture: 'amd64', os: 'linux' } }

test('of the four formats, images refer to configuration and layers, lists to their manifests', () => {
  const image = { schemaVersion: 2, layers: [layer, layer], config }
  const list = { schemaVersion: 2, manifests: [child, { ...child, size: 4 }] }
  assert.deepEqual(read(docker, { ...image, mediaType: docker }).references, [config, layer, layer])
  assert.deepEqual(read(oci, { ...image, mediaType: oci }).references, [config, layer, layer])
  assert.deepEqual(read(oci, image).references, [config, layer, layer])
  assert.deepEqual(read(dockerList, { ...list, mediaType: dockerList }).references, [
    child,
    { ...child, size: 4 },
  ])
  assert.deepEqual(read(ociIndex, list).references, [child, { ...child, size: 4 }])
})

test('digest and size are those of the exact bytes, wherever they lie in memory', () => {
  const text = '  {"schemaVersion": 2,\n\t"config": {}, "layers": [] }\n'
  const around = Buffer.from(`before${text}after`)
  const payload = new Uint8Array(around.buffer, around.byteOffset + 6, text.length)
  assert.deepEqual(readManifest({ mediaType: oci, payload }), {
    descriptor: {
      mediaType: oci,
      digest: `sha256:${createHash('sha256').update(text).digest('hex')}`,
      size: text.length,
    },
    references: [{}],
  })
})

test('the media type is kept as it was given, and understood without case and parameters', () => {
  const given = 'Application/VND.oci.image.manifest.v1+json; charset=utf-8'
  assert.equal(read(given, { config }).descriptor.mediaType, given)
})

test('missing members are no references, but an image always refers to a configuration', () => {
  assert.deepEqual(read(oci, {}).references, [{}])
  assert.deepEqual(read(oci, { config: null, layers: null }).references, [{}])
  assert.deepEqual(read(ociIndex, {}).references, [])
})

test('a subject is not among the references', () => {
  const subject = { mediaType: 'subject', digest, size: 9 }
  assert.deepEqual(read(oci, { config, layers: [], subject }), {
    ...read(oci, { config, layers: [], subject }),
    references: [config],
    subject,
  })
  assert.deepEqual(read(ociIndex, { manifests: [child], subject }).subject, subject)
  assert.ok(!('subject' in read(oci, { config, subject: null })))
})

test('all members of a descriptor are read, sizes beyond 2^53 with all digits', () => {
  const text = `{"config":{"size":9007199254740993,"urls":["u"],"annotations":{"2":"b","1":"a"},"data":"YQ==","artifactType":"t",
    "platform":{"os":"linux","os.version":"1","os.features":["f"],"variant":"v","features":["g"]},"unknown":1}}`
  assert.deepEqual(read(oci, text).references, [
    {
      size: 9007199254740993n,
      urls: ['u'],
      annotations: new Map([
        ['1', 'a'],
        ['2', 'b'],
      ]),
      data: 'YQ==',
      artifactType: 't',
      platform: { os: 'linux', osVersion: '1', osFeatures: ['f'], variant: 'v', features: ['g'] },
    },
  ])
})

test('of a member that comes twice the last one counts, as in every JSON reader', () => {
  assert.deepEqual(read(oci, `{"config":{"size":1},"config":{"size":2}}`).references, [{ size: 2 }])
})

const refused: readonly (readonly [
  what: string,
  mediaType: string,
  payload: string | object,
  reason: RegExp,
])[] = [
  ['an unknown media type', 'application/vnd.example', {}, /media type "application\/vnd\.example"/],
  ['schema 1', 'application/vnd.docker.distribution.manifest.v1+prettyjws', {}, /not supported/],
  ['a name of every object', 'constructor', {}, /not supported/],
  ['no JSON', oci, '{"secret":', /the payload is not JSON/],
  ['no object', oci, '[]', /not a JSON object/],
  ['an empty payload', oci, '', /not JSON/],
  ['Docker without its media type', docker, { config, layers: [] }, /mediaType in the payload/],
  ['Docker with another media type', docker, { mediaType: oci, config }, /mediaType in the payload/],
  ['a Docker list without its media type', dockerList, { manifests: [] }, /mediaType in the payload/],
  ['OCI with another media type', oci, { mediaType: ociIndex }, /mediaType in the payload/],
  ['a media type that is no text', oci, { mediaType: 1 }, /mediaType in the payload/],
  ['an image that is also a list', oci, { config, layers: [], manifests: [] }, /has "manifests"/],
  ['a list that is also an image', ociIndex, { manifests: [], layers: [] }, /has "layers"/],
  [
    'a list with a configuration',
    dockerList,
    { mediaType: dockerList, manifests: [], config },
    /has "config"/,
  ],
  ['layers that are no list', oci, { config, layers: {} }, /not an array/],
  ['a layer that is no object', oci, { config, layers: [1] }, /descriptor \/1: a number/],
  ['a size that is text', oci, { config: { size: '1' } }, /descriptor \/0\/size: /],
  ['a size with a fraction', oci, { config: { size: 1.5 } }, /descriptor \/0\/size: /],
  ['a subject that is no object', oci, { config, subject: 'x' }, /descriptor \/0: /],
]
for (const [what, mediaType, payload, reason] of refused) {
  test(`no event is made of ${what}`, () => {
    assert.throws(
      () => read(mediaType, payload),
      (error: unknown) =>
        isRelayError(error, 'EVENT_INVALID') &&
        reason.test(error.message) &&
        !error.message.includes('secret'),
    )
  })
}
