import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  eventsMediaTypeV1,
  eventsMediaTypeV2,
  isEventsMediaType,
  layerMediaType,
} from '../../../src/event/media-types.ts'
import { candidateProfiles, familyOf, mediaTypeOf, profiles } from '../../../src/event/profile.ts'

test('each profile has the media type of its registry', () => {
  assert.deepEqual(
    profiles.map((profile) => [profile, mediaTypeOf(profile), familyOf(profile)]),
    [
      ['distribution-3', eventsMediaTypeV2, 'distribution-3'],
      ['distribution-2', eventsMediaTypeV1, 'distribution-2'],
      ['distribution-2-go1.22', eventsMediaTypeV1, 'distribution-2'],
      ['gitlab', eventsMediaTypeV1, 'gitlab'],
    ],
  )
})

test('the media type decides between 2 and 3, members of its own decide for GitLab', () => {
  const v1 = ['distribution-2', 'distribution-2-go1.22']
  assert.deepEqual(candidateProfiles(eventsMediaTypeV1, {}), v1)
  assert.deepEqual(candidateProfiles(`${eventsMediaTypeV1.toUpperCase()}; charset=utf-8`, {}), v1)
  assert.deepEqual(candidateProfiles(eventsMediaTypeV2, { meta: new Map() }), ['distribution-3'])
  for (const event of [
    { meta: new Map() },
    { actor: { userType: 'build' } },
    { actor: { user: 'jwt' } },
    { target: { rename: {} } },
  ]) {
    assert.deepEqual(candidateProfiles(eventsMediaTypeV1, event), ['gitlab'])
    assert.deepEqual(candidateProfiles(undefined, event), ['gitlab'])
  }
})

test('under another media type every profile is a candidate', () => {
  for (const type of [undefined, 'application/json', 'text/plain']) {
    assert.deepEqual(candidateProfiles(type, {}), [
      'distribution-3',
      'distribution-2',
      'distribution-2-go1.22',
    ])
  }
})

test('an Envelope may come as either events type, as JSON and as any +json', () => {
  for (const type of [
    eventsMediaTypeV1,
    eventsMediaTypeV2,
    'application/json',
    'Application/JSON ; charset=utf-8',
    'application/cloudevents+json',
    'text/x+JSON',
  ]) {
    assert.ok(isEventsMediaType(type), type)
  }
  for (const type of [
    '',
    'text/plain',
    'application/jsonx',
    'application/json+xml',
    '+json',
    layerMediaType,
  ]) {
    assert.ok(!isEventsMediaType(type), type)
  }
})
