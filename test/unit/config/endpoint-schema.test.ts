import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { EndpointConfig } from '../../../src/config/endpoint-config.ts'
import { findings, minimal, parse } from './parsing.ts'

const secret = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** A file with one endpoint; each of the members stands on a line of its own, from line 7 on. */
function file(...members: readonly string[]): string {
  return [
    `${minimal}bridge:`,
    '  endpoints:',
    '    - name: a',
    '      url: "https://h/"',
    ...members.map((line) => `      ${line}`),
    '',
  ].join('\n')
}

function endpoint(...members: readonly string[]): EndpointConfig {
  const [made] = parse(file(...members)).bridge.endpoints
  assert.ok(made !== undefined)
  return made
}

/** What is wrong with a member, without its place and path. */
function wrong(member: string, files: Record<string, string> = {}): string {
  return findings(file(member), {}, files)
    .map((line) => line.replace(/^relay\.yaml:\d+:\d+: /, ''))
    .join('\n')
}

test('an endpoint needs a name and a URL, and everything else has a default', () => {
  assert.deepEqual(endpoint(), {
    name: 'a',
    url: 'https://h/',
    headers: {},
    timeoutMs: 10_000,
    timeouts: { connectMs: 5_000, headersMs: undefined, bodyMs: 2_000 },
    concurrency: 64,
    only: { actions: [], mediaTypes: [], repositories: { include: [], exclude: [] } },
    ignore: {
      actions: [],
      mediaTypes: [],
      repositories: { include: [], exclude: [] },
      userAgents: [],
      methods: [],
    },
    envelope: 'original',
    retry: { firstMs: 200, maxMs: 30_000, slowMs: 60_000, maxRetryAfterMs: 300_000 },
    breaker: { failures: 5, openMs: 1_000, maxOpenMs: 30_000 },
    addresses: { denyPrivate: false, allow: [] },
  })
  assert.deepEqual(findings(`${minimal}bridge: { endpoints: [{}] }\n`), [
    'relay.yaml:3:23: "bridge.endpoints.0.name" is missing',
    'relay.yaml:3:23: "bridge.endpoints.0.url" is missing',
  ])
})

test('every key is taken as it is written', () => {
  const made = endpoint(
    'headers: { X-One: one, X-Many: [a, b] }',
    'timeoutMs: 8000',
    'timeouts: { connectMs: 1000, headersMs: 7000, bodyMs: 500 }',
    'concurrency: 8',
    'maxPerSecond: 50',
    'only: { actions: [push], mediaTypes: [""], repositories: { include: ["team/**"], exclude: [x] } }',
    'ignore: { actions: [pull], mediaTypes: [a/b], repositories: { exclude: [y] }, userAgents: ["curl/*"], methods: [HEAD] }',
    'envelope: distribution-2',
    `signing: { secrets: ["${secret}"] }`,
    'retry: { firstMs: 100, maxMs: 1000, slowMs: 2000, maxRetryAfterMs: 3000, maxAttempts: 9, maxAgeMs: 7776000000 }',
    'breaker: { failures: 3, openMs: 100, maxOpenMs: 200 }',
    'tls: { caFile: ca.pem, certificateFile: c.pem, keyFile: k.pem, serverName: other }',
    'proxy: { url: "https://proxy:3128", username: u, password: p, caFile: p.pem }',
    'addresses: { denyPrivate: true, allow: [10.1.2.3, 10.1.0.0/16, "fd00::1", "fd00::/8"] }',
  )
  assert.deepEqual(
    made.headers['X-Many']?.map((value) => value.reveal()),
    ['a', 'b'],
  )
  assert.deepEqual(made.timeouts, { connectMs: 1_000, headersMs: 7_000, bodyMs: 500 })
  assert.equal(made.maxPerSecond, 50)
  assert.deepEqual(made.only.repositories, { include: ['team/**'], exclude: ['x'] })
  assert.deepEqual(made.ignore.methods, ['HEAD'])
  assert.equal(made.envelope, 'distribution-2')
  assert.equal(made.signing?.secrets[0]?.reveal(), secret)
  assert.equal(made.retry.maxAttempts, 9)
  // Three months: longer than any timer.
  assert.equal(made.retry.maxAgeMs, 7_776_000_000)
  assert.deepEqual(made.breaker, { failures: 3, openMs: 100, maxOpenMs: 200 })
  assert.equal(made.tls?.serverName, 'other')
  assert.equal(made.proxy?.password?.reveal(), 'p')
  assert.deepEqual(made.addresses.allow, ['10.1.2.3', '10.1.0.0/16', 'fd00::1', 'fd00::/8'])
})

test('the limits within an attempt are no longer than the attempt, and one that is said to be is an error', () => {
  assert.deepEqual(endpoint('timeoutMs: 1000').timeouts, {
    connectMs: 1_000,
    headersMs: undefined,
    bodyMs: 1_000,
  })
  for (const key of ['connectMs', 'headersMs', 'bodyMs']) {
    assert.equal(
      wrong(`timeouts: { ${key}: 10001 }`),
      `"bridge.endpoints.0.timeouts.${key}": must not be above timeoutMs (10000), which it is part of`,
    )
  }
})

for (const [member, words] of [
  [
    'retry: { firstMs: 30001 }',
    '"bridge.endpoints.0.retry.firstMs": must not be above maxMs, which is 30000',
  ],
  ['retry: { maxAttempts: 0 }', '"bridge.endpoints.0.retry.maxAttempts": '],
  [
    'breaker: { openMs: 300, maxOpenMs: 200 }',
    '"bridge.endpoints.0.breaker.openMs": must not be above maxOpenMs',
  ],
  ['envelope: gitlab', '"bridge.endpoints.0.envelope": '],
  ['maxPerSecond: 0', '"bridge.endpoints.0.maxPerSecond": '],
  ['concurency: 3', 'unknown key "bridge.endpoints.0.concurency"'],
  ['timeout: 5s', 'unknown key "bridge.endpoints.0.timeout"; "timeoutMs" was meant?'],
  ['timeout: { connect: 1 }', 'unknown key "bridge.endpoints.0.timeout"; "timeoutMs" was meant?'],
  ['timeouts: { header: 1 }', 'unknown key "bridge.endpoints.0.timeouts.header"; "headersMs" was meant?'],
  ['retry: { attempts: 3 }', 'unknown key "bridge.endpoints.0.retry.attempts"'],
  ['only: { userAgents: [a] }', 'unknown key "bridge.endpoints.0.only.userAgents"'],
  ['tls: { keyFile: k }', '"bridge.endpoints.0.tls": certificateFile and keyFile belong together'],
  ['proxy: "http://u:canary@p:1"', '"bridge.endpoints.0.proxy": must be keys and values: write { url: … }'],
  [
    'only: { repositories: "team/**" }',
    '"bridge.endpoints.0.only.repositories": must say which: write { include: ["team/**"] }',
  ],
  [
    'ignore: { repositories: ["team/**"] }',
    '"bridge.endpoints.0.ignore.repositories": must say which: write { include: ["team/**"] }',
  ],
  ['proxy: { url: "socks://p:1" }', '"bridge.endpoints.0.proxy.url": must be an http or https URL'],
  [
    'proxy: { url: "http://u:canary@p:1" }',
    '"bridge.endpoints.0.proxy.url": must not hold user name and password',
  ],
  ['proxy: { url: "http://p:1/path" }', '"bridge.endpoints.0.proxy.url": must be host and port only'],
  [
    'proxy: { url: "http://p:1", username: "a:b" }',
    '"bridge.endpoints.0.proxy.username": must not hold a colon',
  ],
  [
    'proxy: { url: "http://p:1", password: canary }',
    '"bridge.endpoints.0.proxy.password": needs username beside it',
  ],
  [
    'proxy: { url: "http://p:1", caFile: c }',
    '"bridge.endpoints.0.proxy.caFile": is for a proxy with an https URL',
  ],
] as const) {
  test(`${member} is refused where it stands, and no secret is shown`, () => {
    const message = wrong(member)
    assert.ok(message.startsWith(words), message)
    assert.doesNotMatch(message, /canary/)
    assert.match(findings(file(member)).join(), /^relay\.yaml:7:/)
  })
}

test('user name and password do not belong into the URL, and the message says where else', () => {
  const text = file().replace('https://h/', 'https://user:canary@h/')
  assert.match(findings(text).join(), /^relay\.yaml:6:12: .*into a header, Authorization: \{ file: path \}/)
  assert.doesNotMatch(findings(text).join(), /canary/)
})

test('each header that the relay sets itself is an error at its name, and what else is wrong is said beside it', () => {
  assert.deepEqual(
    findings(file('headers:', '  Content-Type: canary', '  X-Mine: 7', '  Webhook-Id: [canary]', '  "": x')),
    [
      'relay.yaml:8:9: "bridge.endpoints.0.headers.Content-Type": is set by the relay itself: take it out',
      'relay.yaml:9:17: "bridge.endpoints.0.headers.X-Mine": must be a text: put it in quotes, or write { file: path }',
      'relay.yaml:10:9: "bridge.endpoints.0.headers.Webhook-Id": is set by the relay itself: take it out',
      'relay.yaml:11:9: "bridge.endpoints.0.headers.": must not be empty',
    ],
  )
})

for (const [only, ignore, words] of [
  ['{ actions: [push, pull] }', '{ actions: [pull, mount, push] }', 'it has every action of only.actions'],
  ['{}', '{ actions: [pull, push, mount, delete, rename] }', 'it has every action that registries send'],
  ['{ mediaTypes: [""] }', '{ mediaTypes: ["", a/b] }', 'it has every media type of only.mediaTypes'],
] as const) {
  test(`only: ${only} and ignore: ${ignore} are taken, with a remark that nothing is left`, () => {
    const { remarks } = parse(file(`only: ${only}`, `ignore: ${ignore}`)).bridge
    assert.deepEqual(remarks, [
      `relay.yaml:8:15: "bridge.endpoints.0.ignore": leaves nothing: ${words}, so this endpoint never gets an event`,
    ])
  })
}

test('filters that leave something are nothing to remark on', () => {
  for (const [only, ignore] of [
    ['{ actions: [push, pull] }', '{ actions: [pull] }'],
    ['{}', '{ actions: [pull, push, mount, delete] }'],
    ['{ mediaTypes: [a/b, c/d] }', '{ mediaTypes: [a/b] }'],
    ['{}', '{}'],
  ]) {
    assert.deepEqual(parse(file(`only: ${only}`, `ignore: ${ignore}`)).bridge.remarks, [])
  }
})

test('TLS files for an http URL are a mistake', () => {
  const text = file('tls: { caFile: ca.pem }').replace('https://h/', 'http://h/')
  assert.match(findings(text).join(), /"bridge\.endpoints\.0\.tls": is for an https URL; url says http/)
})

for (const network of [
  'host.example',
  '10.1.0.0/33',
  '10.1.0.0/',
  '10.1/16',
  'fd00::/129',
  'fe80::1%eth0',
  '1.2.3.4/8/8',
  '',
]) {
  test(`${JSON.stringify(network)} is neither address nor network`, () => {
    assert.match(
      wrong(`addresses: { allow: ["${network}"] }`),
      /^"bridge\.endpoints\.0\.addresses\.allow\.0": must be an address, or a network .*10\.1\.0\.0\/16/,
    )
  })
}

test('signing needs a secret', () => {
  assert.equal(
    wrong('signing: { secrets: [] }'),
    '"bridge.endpoints.0.signing.secrets": needs at least one secret',
  )
  assert.equal(wrong('signing: {}'), '"bridge.endpoints.0.signing.secrets" is missing')
})

test('a secret for signatures may stand in a file, and one that cannot sign is refused without being shown', () => {
  const [made] = parse(file('signing: { secrets: [{ file: s }] }'), {}, { s: `${secret}\n` }).bridge.endpoints
  assert.equal(made?.signing?.secrets[0]?.reveal(), secret)
  assert.equal(made?.signing?.secrets[0]?.file, '/folder/s')
  const message = wrong('signing: { secrets: [{ file: s }] }', { s: 'canary' })
  assert.match(
    message,
    /^"bridge\.endpoints\.0\.signing\.secrets\.0": must begin with whsec_; make one with: echo/,
  )
  assert.doesNotMatch(message, /canary/)
})
