import assert from 'node:assert/strict'
import { test } from 'node:test'
import { artifact } from '../../../src/event/artifact.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import type { Target } from '../../../src/event/event.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'

const manifestType = 'application/vnd.oci.image.manifest.v1+json'
const digest = `sha256:${'a'.repeat(64)}`

const cases: readonly (readonly [string, Target | undefined, string])[] = [
  ['a manifest pushed by tag', { mediaType: manifestType, digest, tag: 'v1' }, 'tag'],
  ['a deleted tag', { repository: 'a/b', tag: 'v1' }, 'tag'],
  ['a blob', { mediaType: 'application/octet-stream', digest }, 'blob'],
  ['a manifest by digest', { mediaType: manifestType, digest, tag: '' }, 'manifest'],
  ['a deleted manifest or blob, which look alike', { repository: 'a/b', digest }, 'manifest'],
  ['a renamed repository', { repository: 'a/b', rename: { from: 'a/b', to: 'a/c' } }, 'manifest'],
  ['an event without a target', undefined, 'manifest'],
]
for (const [what, target, expected] of cases) {
  test(`the artifact of ${what} is "${expected}"`, () => {
    assert.equal(artifact(target === undefined ? {} : { target }), expected)
  })
}

test('a blob of every recorded registry is a blob, unless it is gone', () => {
  for (const { body } of recordedBodies()) {
    for (const { event } of readEnvelope(body).events) {
      const isBlob = event.target?.url?.includes('/blobs/') ?? false
      assert.equal(artifact(event) === 'blob', isBlob)
    }
  }
})
