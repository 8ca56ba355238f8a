import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultServerLimits } from '../../../src/gateway/server-limits.ts'
import { findings, minimal, parse } from './parsing.ts'

test('without a word about it the gateway spools, keeps what it cannot read, and lets everybody in', () => {
  const { gateway, spool } = parse(minimal)
  assert.deepEqual(gateway, {
    host: '127.0.0.1',
    port: 8080,
    path: '/notifications',
    maxBodyBytes: 33_554_432,
    ackBudgetMs: 800,
    ackMode: 'spool',
    strict: false,
    credentials: [],
    limits: { ...defaultServerLimits, maxEvents: 10_000 },
    ignore: {
      mediaTypes: [],
      actions: [],
      repositories: { include: [], exclude: [] },
      userAgents: [],
      methods: [],
    },
    redact: { preset: 'none', rules: [], keyId: '1' },
    duplicates: { maxEvents: 100_000, maxAgeMs: 600_000 },
    quarantine: { content: 'keep', oversize: 'file', maxFileBytes: 1_073_741_824 },
  })
  assert.deepEqual(spool, {
    folder: 'registry-relay-spool',
    maxBytes: 10_737_418_240,
    segmentBytes: 67_108_864,
    warnAgeMs: 900_000,
  })
})

test('takes tokens and passwords, several of them, and knows the file that a secret came from', () => {
  const { credentials } = parse(
    `${minimal}gateway:
  credentials:
    - { bearer: one }
    - { bearer: { file: token } }
    - { username: registry, password: "pass:word " }
    - { username: other, password: { file: password } }
`,
    {},
    { token: 'two\n', password: 'four\r\n' },
  ).gateway
  assert.deepEqual(
    credentials.map((credential) => {
      const secret = 'bearer' in credential ? credential.bearer : credential.password
      return ['bearer' in credential ? undefined : credential.username, secret.reveal(), secret.file]
    }),
    [
      [undefined, 'one', undefined],
      [undefined, 'two', '/folder/token'],
      ['registry', 'pass:word ', undefined],
      ['other', 'four', '/folder/password'],
    ],
  )
})

test('refuses credentials that could never let anybody in, and says what is wrong without showing them', () => {
  const of = (credential: string, token = ''): string[] =>
    findings(`${minimal}gateway:\n  credentials:\n    - ${credential}\n`, {}, { token })
  assert.match(of('{ bearer: Bearer canary }').join(), /^relay\.yaml:5:17: .*without the word Bearer/)
  assert.match(of('{ bearer: { file: token } }', 'bearer canary').join(), /without the word Bearer/)
  assert.match(of('{ bearer: { file: token } }', 'canary\ncanary\n').join(), /must be one word/)
  assert.match(of('{ username: "a:b", password: canary }').join(), /^relay\.yaml:5:19: .*colon/)
  for (const wrong of [
    'Bearer canary',
    '{ username: canary }',
    '{ bearer: "" }',
    '{ bearer: canary, username: a }',
    '{}',
  ]) {
    assert.match(of(wrong).join(), /^relay\.yaml:5:\d+: /, wrong)
  }
  for (const wrong of ['{ bearer: Bearer canary }', 'Bearer canary'])
    assert.doesNotMatch(of(wrong).join(), /canary/)
})

test('the key that credentials had before is unknown', () => {
  assert.deepEqual(findings(`${minimal}gateway:\n  authorization: []\n`), [
    'relay.yaml:4:3: unknown key "gateway.authorization"',
  ])
})

test('TLS needs certificate and key', () => {
  assert.match(
    findings(`${minimal}gateway:\n  tls: { keyFile: k }\n`).join(),
    /"gateway.tls.certificateFile" is missing/,
  )
  assert.deepEqual(
    parse(`${minimal}gateway: { tls: { keyFile: k, certificateFile: c, clientCaFile: a } }\n`).gateway.tls,
    {
      certificateFile: 'c',
      keyFile: 'k',
      clientCaFile: 'a',
    },
  )
})

test('an hmac without a key is refused at the rule, which says what to do', () => {
  const rules = 'rules: [{ pointer: /actor/user, action: drop }, { pointer: /actor/name, action: hmac }]'
  assert.deepEqual(findings(`${minimal}gateway:\n  redact:\n    ${rules}\n`), [
    'relay.yaml:5:85: "gateway.redact.rules.1.action": hmac needs a key: set gateway.redact.key, best as { file: path }',
  ])
  const { redact } = parse(
    `${minimal}gateway:\n  redact:\n    ${rules}\n    key: { file: k }\n`,
    {},
    { k: 'secret' },
  ).gateway
  assert.equal(redact.key?.reveal(), 'secret')
  assert.deepEqual(redact.rules[1], { pointer: '/actor/name', action: 'hmac' })
})

test('a pointer is a JSON pointer', () => {
  const of = (pointer: string): string =>
    `${minimal}gateway: { redact: { rules: [{ pointer: ${JSON.stringify(pointer)}, action: mask }] } }\n`
  for (const good of ['/actor/user', '/a~1b/~0', '/target/references/0/urls']) parse(of(good))
  for (const bad of ['', 'actor.user', 'actor/user', '/a~b', '/a~']) {
    assert.match(findings(of(bad)).join(), /must be a JSON pointer/, bad)
  }
})

test('what is too large goes to a file only where there is a spool', () => {
  const of = (text: string) => `${minimal}gateway:\n  ackMode: kafka\n${text}`
  assert.equal(parse(of('')).gateway.quarantine.oversize, 'cut')
  assert.equal(parse(of('  quarantine: { oversize: cut }\n')).gateway.quarantine.oversize, 'cut')
  assert.match(
    findings(of('  quarantine: { oversize: file }\n')).join(),
    /^relay\.yaml:5:27: "gateway.quarantine.oversize": file needs ackMode spool/,
  )
})

test('refuses limits that contradict each other, at the one to be changed', () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      'gateway:\n  limits: { headersTimeoutMs: 20000 }\n',
      /^relay\.yaml:4:31: "gateway.limits.headersTimeoutMs": must not be above requestTimeoutMs/,
    ],
    [
      'gateway:\n  limits: { maxBodiesBytes: 1000 }\n',
      /^relay\.yaml:4:29: "gateway.limits.maxBodiesBytes": must be at least gateway.maxBodyBytes/,
    ],
    // Only one of the two is in the file: the finding points at the nearest block that is.
    [
      'gateway:\n  maxBodyBytes: 999999999\n',
      /^relay\.yaml:4:3: "gateway.limits.maxBodiesBytes": must be at least gateway.maxBodyBytes/,
    ],
    [
      'spool:\n  maxBytes: 100000000\n',
      /^relay\.yaml:4:13: "spool.maxBytes": must be at least 4 times gateway.maxBodyBytes/,
    ],
    [
      'spool:\n  segmentBytes: 2000000000\n',
      /^relay\.yaml:4:17: "spool.segmentBytes": must be at most an eighth of spool.maxBytes/,
    ],
  ]
  for (const [text, expected] of cases) assert.match(findings(minimal + text).join('\n'), expected, text)
})

test('a small spool has small segments, and with ackMode kafka its size does not matter', () => {
  assert.equal(parse(`${minimal}spool: { maxBytes: 160000000 }\n`).spool.segmentBytes, 20_000_000)
  parse(`${minimal}gateway: { ackMode: kafka }\nspool: { maxBytes: 1048576 }\n`)
})

test('no time is so long that a timer would fire at once', () => {
  assert.match(findings(`${minimal}gateway: { ackBudgetMs: 2147483648 }\n`).join(), /ackBudgetMs/)
  assert.equal(parse(`${minimal}gateway: { ackBudgetMs: 2147483647 }\n`).gateway.ackBudgetMs, 2_147_483_647)
})
