import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNotifications } from '../../../src/config/notifications-block.ts'
import { isRelayError } from '../../../src/errors.ts'

function errorsOf(text: string): readonly string[] {
  try {
    readNotifications(text, 'registry.yml')
  } catch (error) {
    assert.ok(isRelayError(error, 'CONFIG_INVALID'), String(error))
    return error.message.split('\n')
  }
  assert.fail('was read')
}

/** The members of one endpoint, each on a line of its own, beginning at line 4. */
function endpoint(...lines: readonly string[]): string {
  return [
    'notifications:',
    '  endpoints:',
    '    - url: http://h/',
    ...lines.map((line) => `      ${line}`),
  ].join('\n')
}

test('the whole block of a registry is read as it is', () => {
  const { block, warnings, notes } = readNotifications(
    `version: 0.1
storage: {filesystem: {rootdirectory: /var/lib/registry}}
notifications:
  fanouttimeout: 15s
  events:
    includereferences: true
  endpoints:
    - name: alistener
      disabled: false
      url: https://host/path?k=1
      headers:
        Authorization: [Bearer xyz]
        X-Many: [one, 2, "true"]
      timeout: 1m0.5s
      threshold: 5
      maxretries: 0xA
      backoff: 250ms
      ignoredmediatypes: [application/octet-stream]
      ignore:
        mediatypes: [a/b]
        actions: [pull, mount]
      queuepurgetimeout: 5s
      queuesizelimit: 3_000
`,
    'registry.yml',
  )
  assert.deepEqual(block, {
    fanoutTimeoutMs: 15_000,
    includeReferences: true,
    endpoints: [
      {
        name: 'alistener',
        url: 'https://host/path?k=1',
        headers: { Authorization: ['Bearer xyz'], 'X-Many': ['one', '2', 'true'] },
        timeoutMs: 60_500,
        threshold: 5,
        backoffMs: 250,
        ignoredMediaTypes: ['application/octet-stream'],
        ignore: { mediaTypes: ['a/b'], actions: ['pull', 'mount'] },
        maxRetries: 10,
        queuePurgeTimeoutMs: 5_000,
        queueSizeLimit: 3_000,
      },
    ],
  })
  assert.deepEqual([warnings, notes], [[], []])
})

for (const [what, text] of [
  ['nothing at all', ''],
  ['other blocks only', 'version: 0.1'],
  ['an empty block', 'notifications:'],
  ['empty members', 'notifications:\n  events:\n  endpoints:\n'],
] as const) {
  test(`${what} is a block without endpoints`, () => {
    const { block, warnings } = readNotifications(text, 'registry.yml')
    assert.deepEqual([block, warnings], [{ includeReferences: false, endpoints: [] }, []])
  })
}

test('what an endpoint does not say is absent, and zero or negative numbers are kept', () => {
  const { block } = readNotifications(
    endpoint('name: a', 'threshold: -1', 'timeout: 0', 'headers:', 'ignore: ~'),
    'f',
  )
  assert.deepEqual(block.endpoints, [
    {
      name: 'a',
      url: 'http://h/',
      headers: {},
      timeoutMs: 0,
      threshold: -1,
      ignoredMediaTypes: [],
      ignore: { mediaTypes: [], actions: [] },
    },
  ])
})

test('a bare integer is nanoseconds, and the warning names line and column', () => {
  const { block, warnings } = readNotifications(
    endpoint('name: a', 'timeout: 500', 'backoff: 0'),
    'registry.yml',
  )
  assert.equal(block.endpoints[0]?.timeoutMs, 0.0005)
  assert.deepEqual(warnings, [
    'registry.yml:5:16: "notifications.endpoints.0.timeout": 500 without a unit is nanoseconds to the registry; milliseconds are 500ms',
  ])
})

test('a header that is no list is an error with its place and without its value', () => {
  assert.deepEqual(errorsOf(endpoint('name: a', 'headers:', '  Authorization: Bearer xyz')), [
    'registry.yml:6:24: "notifications.endpoints.0.headers.Authorization": expected a list, got a single value: put it in [ ]',
  ])
})

test('all that is wrong is shown at once, in the order of the file', () => {
  const errors = errorsOf(
    endpoint(
      'timeout: 5 s',
      'backoff: "500"',
      'threshold: many',
      'disabled: maybe',
      'ignore: [pull]',
      'queuesizelimit: {}',
    ),
  )
  assert.deepEqual(errors, [
    'registry.yml:4:16: "notifications.endpoints.0.timeout": "5 s": unknown unit " s": ns, us, ms, s, m or h',
    'registry.yml:5:16: "notifications.endpoints.0.backoff": "500": the unit is missing: ns, us, ms, s, m or h',
    'registry.yml:6:18: "notifications.endpoints.0.threshold": expected a whole number',
    'registry.yml:7:17: "notifications.endpoints.0.disabled": expected true or false',
    'registry.yml:8:15: "notifications.endpoints.0.ignore": expected a map, got a list',
    'registry.yml:9:23: "notifications.endpoints.0.queuesizelimit": expected a whole number, got a map',
  ])
})

test('an endpoint without a URL is an error: it could never deliver', () => {
  assert.deepEqual(errorsOf('notifications:\n  endpoints:\n    - name: a\n'), [
    'registry.yml:3:7: "notifications.endpoints.0": the endpoint has no url',
  ])
})

test('text that is no YAML is an error with its place', () => {
  assert.match(errorsOf('notifications:\n  endpoints: [}')[0] ?? '', /^registry\.yml:2:\d+: /)
})

test('unknown keys are warned about where they stand, with what was probably meant', () => {
  const { warnings } = readNotifications(
    `${endpoint('name: a', 'maxRetries: 3', 'retry: 1', 'backof: 1s')}\n  event: {}\n`,
    'f',
  )
  assert.deepEqual(warnings, [
    'f:5:7: "notifications.endpoints.0.maxRetries": unknown key, the registry ignores it; "maxretries" was meant?',
    'f:6:7: "notifications.endpoints.0.retry": unknown key, the registry ignores it',
    'f:7:7: "notifications.endpoints.0.backof": unknown key, the registry ignores it; "backoff" was meant?',
    'f:8:3: "notifications.event": unknown key, the registry ignores it; "events" was meant?',
  ])
})

test('keys outside the block are nobody else’s business', () => {
  assert.deepEqual(readNotifications('whatever: [1]\nnotifications: {}', 'f').warnings, [])
})

test('a disabled endpoint is left out with a note, whatever else it lacks', () => {
  const { block, notes } = readNotifications(
    'notifications:\n  endpoints:\n    - {name: off, disabled: yes}\n',
    'f',
  )
  assert.deepEqual(block.endpoints, [])
  assert.deepEqual(notes, ['f:3:7: "notifications.endpoints.0": endpoint "off" is disabled and left out'])
})

test('names that are missing or come twice are warned about', () => {
  const text = `notifications:
  endpoints:
    - {name: a, url: http://h/1}
    - {name: a, url: http://h/2}
    - {url: http://h/3}
`
  const { block, warnings } = readNotifications(text, 'f')
  assert.equal(block.endpoints.length, 3)
  assert.deepEqual(warnings, [
    'f:4:7: "notifications.endpoints.1": a second endpoint "a": their metrics are added up',
    'f:5:7: "notifications.endpoints.2": the endpoint has no name: metrics and log lines cannot say which it is',
  ])
})

test('anchors and merged maps are followed, and what the map says itself counts', () => {
  const text = `x-common: &common
  timeout: 3s
  threshold: 5
  url: http://other/
notifications:
  endpoints:
    - name: a
      url: http://h/
      <<: *common
    - {<<: [{name: b, threshold: 7}, *common]}
`
  const { block, warnings } = readNotifications(text, 'f')
  assert.deepEqual(
    block.endpoints.map(({ name, url, timeoutMs, threshold }) => [name, url, timeoutMs, threshold]),
    [
      ['a', 'http://h/', 3_000, 5],
      ['b', 'http://other/', 3_000, 7],
    ],
  )
  assert.deepEqual(warnings, [])
})

test('a key that comes twice is warned about, and the last one counts', () => {
  const { block, warnings } = readNotifications(endpoint('name: a', 'threshold: 1', 'threshold: 2'), 'f')
  assert.equal(block.endpoints[0]?.threshold, 2)
  assert.deepEqual(warnings, [
    'f:6:7: "notifications.endpoints.0.threshold": stands here twice; the last one counts',
  ])
})
