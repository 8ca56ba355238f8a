import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNotifications } from '../../../src/config/notifications-block.ts'
import {
  type EndpointConfig,
  endpointSettings,
  endpointsFromNotifications,
} from '../../../src/http/endpoint-config.ts'

test('the defaults are those of a registry of Distribution', () => {
  assert.deepEqual(endpointSettings({}), {
    profile: 'distribution-3',
    timeoutMs: 1_000,
    backoffMs: 1_000,
    retry: { threshold: 10 },
    ignore: { mediaTypes: [] },
    queueSizeLimit: 100_000,
    queuePurgeTimeoutMs: 5_000,
  })
})

test('the defaults of the profile gitlab are those of its registry', () => {
  assert.deepEqual(endpointSettings({ profile: 'gitlab' }), {
    profile: 'gitlab',
    timeoutMs: 1_000,
    backoffMs: 1_000,
    retry: { maxRetries: 10 },
    ignore: { mediaTypes: [] },
    queueSizeLimit: 3_000,
    queuePurgeTimeoutMs: 5_000,
  })
})

test('a number of 0 or less stands for the default', () => {
  for (const profile of ['distribution-2', 'gitlab'] as const) {
    for (const none of [0, -1]) {
      const given: EndpointConfig = {
        timeoutMs: none,
        threshold: none,
        backoffMs: none,
        queueSizeLimit: none,
        queuePurgeTimeoutMs: none,
      }
      assert.deepEqual(endpointSettings({ profile, ...given }), endpointSettings({ profile }))
    }
  }
})

test('half a microsecond is more than nothing, and is obeyed', () => {
  assert.equal(endpointSettings({ timeoutMs: 0.0005 }).timeoutMs, 0.0005)
})

const retries: readonly (readonly [what: string, config: EndpointConfig, retry: object])[] = [
  ['a threshold is one with Distribution', { threshold: 3 }, { threshold: 3 }],
  [
    'a threshold is translated for GitLab',
    { profile: 'gitlab', threshold: 3, backoffMs: 10_000 },
    { maxRetries: 17 },
  ],
  [
    'maxRetries comes before the threshold',
    { profile: 'gitlab', threshold: 3, maxRetries: 2 },
    { maxRetries: 2 },
  ],
  ['maxRetries is obeyed with any profile', { maxRetries: 2, threshold: 3 }, { maxRetries: 2 }],
  ['maxRetries of 0 is none given', { maxRetries: 0, threshold: 3 }, { threshold: 3 }],
  [
    'negative maxRetries are no limit',
    { profile: 'gitlab', maxRetries: -1 },
    { maxRetries: Number.POSITIVE_INFINITY },
  ],
]

for (const [what, config, retry] of retries) {
  test(what, () => assert.deepEqual(endpointSettings(config).retry, retry))
}

test('both lists of media types to ignore are one, and neither is changed', () => {
  const config: EndpointConfig = {
    ignoredMediaTypes: Object.freeze(['c']) as readonly string[],
    ignore: { mediaTypes: Object.freeze(['a', 'b']) as readonly string[], actions: ['pull'] },
  }
  assert.deepEqual(endpointSettings(config).ignore, { mediaTypes: ['a', 'b', 'c'], actions: ['pull'] })
})

test('the endpoints of a registry’s file are made as they are, with what the file cannot say', () => {
  const { block } = readNotifications(
    `notifications:
  endpoints:
    - name: a
      url: http://h/a
      headers: {Authorization: [Bearer a]}
      timeout: 500ms
      ignore: {actions: [pull]}
    - name: b
      url: http://h/b
      ignoredmediatypes: [m/b]
`,
    'registry.yml',
  )
  const endpoints = endpointsFromNotifications(block, {
    profile: 'distribution-2',
    timeoutMs: 9_000,
    headers: { 'X-Common': 'c' },
    keepAlive: false,
    ignoredMediaTypes: ['m/common'],
    ignore: { actions: ['mount'], repositories: { exclude: ['private/**'] } },
  })
  assert.deepEqual(endpoints, [
    {
      profile: 'distribution-2',
      keepAlive: false,
      name: 'a',
      url: 'http://h/a',
      headers: { 'X-Common': 'c', Authorization: ['Bearer a'] },
      timeoutMs: 500,
      ignoredMediaTypes: ['m/common'],
      ignore: { mediaTypes: [], actions: ['mount', 'pull'], repositories: { exclude: ['private/**'] } },
    },
    {
      profile: 'distribution-2',
      keepAlive: false,
      name: 'b',
      url: 'http://h/b',
      headers: { 'X-Common': 'c' },
      timeoutMs: 9_000,
      ignoredMediaTypes: ['m/common', 'm/b'],
      ignore: { mediaTypes: [], actions: ['mount'], repositories: { exclude: ['private/**'] } },
    },
  ])
})
