import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BridgeConfig } from '../../../src/config/config.ts'
import type { EndpointConfig } from '../../../src/config/endpoint-config.ts'
import { findings, minimal, parse } from './parsing.ts'

/** A file with one endpoint of a registry; the members stand on lines of their own, from line 7 on. */
function file(...members: readonly string[]): string {
  return [
    `${minimal}notifications:`,
    '  endpoints:',
    '    - name: a',
    '      url: http://h/path',
    ...members.map((line) => `      ${line}`),
    '',
  ].join('\n')
}

function bridge(...members: readonly string[]): BridgeConfig {
  return parse(file(...members)).bridge
}

function first({ endpoints: [endpoint] }: BridgeConfig): EndpointConfig {
  assert.ok(endpoint !== undefined)
  return endpoint
}

const revealed = ({ headers }: EndpointConfig): Record<string, string[]> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [name, values.map((value) => value.reveal())]),
  )

test('the block of Distribution 2 and 3 is taken as it is pasted', () => {
  // The example of the registry's documentation.
  const { endpoints, remarks, notes } = parse(`${minimal}notifications:
  events:
    includereferences: true
  endpoints:
    - name: alistener
      disabled: false
      url: https://my.listener.com/event
      headers:
        Authorization: [Bearer canary]
      timeout: 1s
      threshold: 10
      backoff: 1s
      ignoredmediatypes:
        - application/octet-stream
      ignore:
        mediatypes:
          - application/octet-stream
        actions:
          - pull
`).bridge
  const [endpoint] = endpoints
  assert.ok(endpoint !== undefined)
  assert.equal(endpoints.length, 1)
  assert.equal(endpoint.name, 'alistener')
  assert.equal(endpoint.url, 'https://my.listener.com/event')
  assert.deepEqual(revealed(endpoint), { Authorization: ['Bearer canary'] })
  assert.equal(endpoint.timeoutMs, 1_000)
  assert.deepEqual(endpoint.timeouts, { connectMs: 1_000, headersMs: undefined, bodyMs: 1_000 })
  assert.equal(endpoint.retry.firstMs, 1_000)
  assert.equal(endpoint.retry.maxAttempts, undefined)
  assert.deepEqual(endpoint.ignore.mediaTypes, ['application/octet-stream', 'application/octet-stream'])
  assert.deepEqual(endpoint.ignore.actions, ['pull'])
  assert.equal(endpoint.envelope, 'original')
  assert.equal(endpoint.concurrency, 64)
  assert.deepEqual(remarks, [])
  assert.deepEqual(notes, [
    'relay.yaml:4:3: "notifications.events": has no effect here: events are delivered as the registry made them',
    'relay.yaml:13:7: "notifications.endpoints.0.threshold": has no effect here: waits grow with each failure; bridge.endpoints[].breaker is what pauses an endpoint',
  ])
  assert.doesNotMatch(JSON.stringify(parse(file('headers: { A: [canary] }'))), /canary/)
})

test('the block of GitLab is taken: retries end in the dead letters, and what bounds its queue has no effect', () => {
  const { endpoints, notes } = parse(`${minimal}notifications:
  fanouttimeout: 15s
  endpoints:
    - name: gitlab
      url: http://h/
      timeout: 500ms
      maxretries: 5
      backoff: 2s
      queuepurgetimeout: 5s
      queuesizelimit: 3000
`).bridge
  const [endpoint] = endpoints
  assert.equal(endpoint?.retry.maxAttempts, 6)
  assert.equal(endpoint?.retry.firstMs, 2_000)
  assert.deepEqual(
    notes.map((note) => note.replace(/": has no effect here: .*/, '')),
    [
      'relay.yaml:4:3: "notifications.fanouttimeout',
      'relay.yaml:11:7: "notifications.endpoints.0.queuepurgetimeout',
      'relay.yaml:12:7: "notifications.endpoints.0.queuesizelimit',
    ],
  )
})

test('without the block there is nothing of it, and an empty one is no mistake', () => {
  assert.deepEqual(parse(minimal).bridge.remarks, [])
  assert.deepEqual(parse(`${minimal}notifications:\n`).bridge.endpoints, [])
})

test('its endpoints come after those of bridge.endpoints, and no name comes twice', () => {
  const own = 'bridge: { endpoints: [{ name: own, url: "http://own/" }] }\n'
  const { endpoints } = parse(`${own}${file()}`).bridge
  assert.deepEqual(
    endpoints.map(({ name }) => name),
    ['own', 'a'],
  )
  assert.deepEqual(findings(`${own.replace('own,', 'a,')}${file('timeout: 1s')}`), [
    'relay.yaml:6:13: "notifications.endpoints.0.name": bridge.endpoints has an endpoint "a" too: give this one another name',
  ])
  assert.deepEqual(findings(`${file()}    - { name: a, url: "http://h/2" }\n`), [
    'relay.yaml:7:15: "notifications.endpoints.1.name": this list has an endpoint "a" too: give this one another name',
  ])
})

test('a name that cannot name a consumer group is an error with one that can', () => {
  assert.deepEqual(findings(file().replace('name: a', 'name: my.listener (1)')), [
    'relay.yaml:5:13: "notifications.endpoints.0.name": must be 1 to 100 letters, digits, hyphens or underscores: it names a consumer group; "my-listener-1-" would do',
  ])
  assert.deepEqual(findings(file().replace('name: a', 'disabled: false')), [
    'relay.yaml:5:7: "notifications.endpoints.0": the endpoint has no name: give it one, it names a consumer group',
  ])
})

test('user name and password of the URL become the header that the registry makes of them', () => {
  const of = (url: string, ...members: readonly string[]) =>
    parse(file(...members).replace('http://h/path', url)).bridge
  const basic = (pair: string): string => `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
  const made = first(of('http://us%40er:p%C3%A4ss@h/path?q=1'))
  assert.equal(made.url, 'http://h/path?q=1')
  assert.deepEqual(revealed(made), { Authorization: [basic('us@er:päss')] })
  assert.deepEqual(revealed(first(of('http://user@h/'))), { Authorization: [basic('user:')] })

  const configured = of('http://user:canary@h/', 'headers: { authorization: [Bearer t] }')
  assert.deepEqual(revealed(first(configured)), { authorization: ['Bearer t'] })
  assert.deepEqual(configured.remarks, [
    'relay.yaml:6:12: "notifications.endpoints.0.url": user name and password in the URL are not sent: headers.Authorization is',
  ])
  assert.deepEqual(findings(file().replace('http://h/path', 'http://user:canary%zz@h/')), [
    'relay.yaml:6:12: "notifications.endpoints.0.url": user name or password holds a % that begins no escape: write it %25',
  ])
})

test('a URL that is none is an error with its place, once', () => {
  assert.deepEqual(findings(file().replace('http://h/path', 'ftp://user:canary@h/')), [
    'relay.yaml:6:12: "notifications.endpoints.0.url": must be an http or https URL, as https://host:8443/path',
  ])
  assert.deepEqual(findings(file().replace('url: http://h/path', 'timeout: 1s')), [
    'relay.yaml:5:7: "notifications.endpoints.0": the endpoint has no url',
  ])
})

test('numbers of 0 or less stand for the defaults, and what is shorter than a millisecond is one', () => {
  const defaults = first(bridge())
  const zero = first(bridge('timeout: 0s', 'backoff: -1s', 'maxretries: 0'))
  assert.deepEqual(zero, defaults)
  assert.equal(first(bridge('maxretries: -1')).retry.maxAttempts, undefined)
  const short = bridge('timeout: 500')
  assert.equal(first(short).timeoutMs, 1)
  assert.match(short.remarks.join(), /relay\.yaml:7:16: .*500 without a unit is nanoseconds/)
})

test('a first wait above the longest one makes the longest longer, and one that no timer can wait is shortened', () => {
  assert.deepEqual(first(bridge('backoff: 5m')).retry, {
    ...first(bridge()).retry,
    firstMs: 300_000,
    maxMs: 300_000,
  })
  assert.equal(first(bridge('backoff: 10000h')).retry.firstMs, 2 ** 31 - 1)
})

test('an action that no registry sends is said and left out: the registry takes it in silence', () => {
  const { endpoints, remarks } = bridge('ignore: { actions: [pull, pushed] }')
  assert.deepEqual(endpoints[0]?.ignore.actions, ['pull'])
  assert.deepEqual(remarks, [
    'relay.yaml:7:7: "notifications.endpoints.0.ignore": no registry sends the action "pushed"; "push" was meant?',
  ])
})

test('unknown keys are said, and endpoints that are switched off are left out', () => {
  const { endpoints, remarks, notes } = parse(
    `${file('retries: 3')}    - { name: off, disabled: true }\n`,
  ).bridge
  assert.equal(endpoints.length, 1)
  assert.deepEqual(remarks, [
    'relay.yaml:7:7: "notifications.endpoints.0.retries": unknown key, the registry ignores it',
  ])
  assert.deepEqual(notes, [
    'relay.yaml:8:7: "notifications.endpoints.1": endpoint "off" is disabled and left out',
  ])
})

test('what is switched off is named, also when nothing else is there', () => {
  const { endpoints, disabledEndpoints } = parse(
    `${minimal}notifications: { endpoints: [{ name: a, disabled: true }, { name: b, disabled: yes }] }\n`,
  ).bridge
  assert.deepEqual([endpoints, disabledEndpoints], [[], ['a', 'b']])
  assert.deepEqual(bridge().disabledEndpoints, [])
})

test('each header that the relay sets itself is an error where it stands', () => {
  assert.deepEqual(
    findings(file('headers:', '  Content-Type: [canary]', '  X-Team: [a]', '  webhook-id: [canary]')),
    [
      'relay.yaml:8:9: "notifications.endpoints.0.headers.Content-Type": is set by the relay itself: take it out',
      'relay.yaml:10:9: "notifications.endpoints.0.headers.webhook-id": is set by the relay itself: take it out',
    ],
  )
})

test('to ignore all that registries send is taken, and said', () => {
  const { remarks } = bridge('ignore: { actions: [pull, push, mount, delete, rename] }')
  assert.deepEqual(remarks, [
    'relay.yaml:7:7: "notifications.endpoints.0.ignore": leaves nothing: it has every action that registries send, so this endpoint never gets an event',
  ])
})

test('variables are put in, and one without quotes may become a number or a duration', () => {
  const text = file(
    'headers: { Authorization: ["Bearer ${TOKEN}"] }',
    'timeout: ${TIMEOUT:3s}',
    'maxretries: ${RETRIES}',
  )
  const endpoint = first(parse(text, { TOKEN: 't', RETRIES: '4' }).bridge)
  assert.deepEqual(revealed(endpoint), { Authorization: ['Bearer t'] })
  assert.equal(endpoint.timeoutMs, 3_000)
  assert.equal(endpoint.retry.maxAttempts, 5)
  assert.deepEqual(findings(text, { TOKEN: 't' }), [
    'relay.yaml:9:19: variable RETRIES is not set and has no default; set it or write ${RETRIES:default}',
  ])
})

test('what is wrong in the block and elsewhere is shown in the order of the file', () => {
  const lines = findings(`${file('timeout: soon', 'backoff: later')}gateway: { port: no }\nmystery: 1\n`)
  assert.deepEqual(
    lines.map((line) => line.replace(/(: "?[\w.[\]]+)"?.*/, '$1')),
    [
      'relay.yaml:7:16: "notifications.endpoints.0.timeout',
      'relay.yaml:8:16: "notifications.endpoints.0.backoff',
      'relay.yaml:9:18: "gateway.port',
      'relay.yaml:10:1: unknown',
    ],
  )
})
