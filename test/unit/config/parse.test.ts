import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { findings, minimal, parse } from './parsing.ts'

const notRead = 'relay.yaml: nothing else in this file was looked at: its YAML must be right first'

test('fills in every default when only the addresses are given', () => {
  const config = parse(minimal)
  assert.deepEqual(config.kafka.brokers, ['127.0.0.1:9092'])
  assert.equal(config.topics.events, 'registry.events.v1')
  assert.equal(config.topics.partitions, 12)
  assert.equal(config.schemaRegistry.mode, 'lookup')
  assert.equal(config.gateway.ackBudgetMs, 800)
  assert.equal(config.gateway.maxBodyBytes, 33_554_432)
  assert.equal(config.gateway.host, '127.0.0.1')
  assert.deepEqual(config.bridge.endpoints, [])
  assert.equal(config.bridge.unknownSchemaMs, 900_000)
})

test('takes brokers as a list, or as one text with commas', () => {
  assert.deepEqual(parse(minimal.replace('"127.0.0.1:9092"', '[a:1, "b:2"]')).kafka.brokers, ['a:1', 'b:2'])
  assert.deepEqual(parse(minimal.replace('127.0.0.1:9092', 'a:1, b:2,')).kafka.brokers, ['a:1', 'b:2'])
})

test('puts variables into values and gives the result its YAML type, unless it was quoted', () => {
  const text = `${minimal}gateway:\n  port: \${PORT:8080}\n  publisherId: "\${ID}"\n`
  assert.equal(parse(text, { ID: '7' }).gateway.port, 8080)
  const config = parse(text, { ID: '7', PORT: '0' })
  assert.equal(config.gateway.port, 0)
  assert.equal(config.gateway.publisherId, '7')
})

test('keeps colons in a default, and $${…} as text', () => {
  const text = minimal.replace('{ brokers: "127.0.0.1:9092" }', '\n  brokers: ${BROKERS:127.0.0.1:9092}')
  assert.deepEqual(parse(text).kafka.brokers, ['127.0.0.1:9092'])
  assert.equal(parse(`${minimal}gateway: { publisherId: "$\${ID}" }\n`).gateway.publisherId, '${ID}')
})

test('a variable stays a text where only a text may stand: a password of digits is one', () => {
  for (const value of ['12345', '1e3', 'null', 'true', '0x1f', '~', '[a', '*a']) {
    const config = parse(
      `${minimal}gateway:\n  publisherId: \${V}\n  credentials:\n    - bearer: \${V}\nbridge:\n  endpoints:\n    - name: \${N}\n      url: http://h/\n      headers:\n        X: \${V}\n        Y:\n          - \${V}\n`,
      { V: value, N: '7' },
    )
    assert.equal(config.gateway.publisherId, value)
    const [endpoint] = config.bridge.endpoints
    assert.deepEqual(
      [endpoint?.name, endpoint?.headers['X']?.[0]?.reveal(), endpoint?.headers['Y']?.[0]?.reveal()],
      ['7', value, value],
    )
  }
})

test('names a variable that is not set, with line and column', () => {
  assert.deepEqual(findings(`${minimal}gateway:\n  port: \${PORT}\n`), [
    'relay.yaml:4:9: variable PORT is not set and has no default; set it or write ${PORT:default}',
  ])
})

test('refuses an unknown key at any depth, with line and column and the key that was meant', () => {
  assert.deepEqual(findings(`${minimal}gatewy: {}\ngateway:\n  hots: x\n`), [
    'relay.yaml:3:1: unknown key "gatewy"; "gateway" was meant?',
    'relay.yaml:5:3: unknown key "gateway.hots"; "host" was meant?',
  ])
})

test('says of several unknown keys of one block what each was meant to be, also within a union', () => {
  const text = `${minimal.replace(' }', ', tls: { cafile: c } }')}logging:\n  levle: info\n  colour: blue\n  forma: json\n`
  assert.deepEqual(findings(text), [
    'relay.yaml:1:44: unknown key "kafka.tls.cafile"; "caFile" was meant?',
    'relay.yaml:4:3: unknown key "logging.levle"; "level" was meant?',
    'relay.yaml:5:3: unknown key "logging.colour"; there are level, format',
    'relay.yaml:6:3: unknown key "logging.forma"; "format" was meant?',
  ])
})

test('reports everything that is wrong at once, in the order of the file', () => {
  const lines = findings(
    'kafka:\n  brokers: nonsense\ngateway:\n  port: 70000\nbridge:\n  endpoints:\n    - { name: a, url: "ftp://x" }\n',
  )
  assert.deepEqual(
    lines.map((line) => line.split(': ', 1)[0]),
    ['relay.yaml:1:1', 'relay.yaml:2:12', 'relay.yaml:4:9', 'relay.yaml:7:23'],
  )
  assert.match(
    lines.join('\n'),
    /"schemaRegistry\.url" is missing: .*SCHEMA_REGISTRY__URL=http.* --set schemaRegistry\.url=/,
  )
  assert.match(lines.join('\n'), /"bridge.endpoints.0.url": must be an http or https URL/)
})

test('refuses two endpoints of one name: they would share a consumer group', () => {
  const endpoint = '{ name: a, url: "http://127.0.0.1:1/" }'
  const text = (second: string) => `${minimal}bridge:\n  endpoints:\n    - ${endpoint}\n    - ${second}\n`
  assert.deepEqual(findings(text(endpoint)), [
    'relay.yaml:6:15: "bridge.endpoints.1.name": an endpoint before has the name "a" too: each names a consumer group, so give this one another',
  ])
  // Also where something else is wrong with one of them.
  assert.match(
    findings(text('{ name: a, url: "ftp://x" }')).join('\n'),
    /before has the name "a" too.*http or https URL/s,
  )
})

test('shows where the YAML itself is broken', () => {
  assert.match(findings('kafka: [\n')[0] ?? '', /^relay\.yaml:2:1: /)
})

for (const [block, place] of [
  ['gateway: { port: ${PORT:8080} }', '3:18'],
  ['gateway: { port: ${PORT}, host: h }', '3:18'],
  ['bridge: { endpoints: [{ name: a, url: http://${HOST:h}/ }] }', '3:46'],
  ['topics: { routes: [ ${ROUTES:1}, 2 ] }', '3:21'],
] as const) {
  test(`${block} is answered by what to write, and not by what it does to the rest of the file`, () => {
    assert.deepEqual(findings(`${minimal}${block}\nmanagement: { port: 0 }\n`), [
      `relay.yaml:${place}: inside { } and [ ] a \${…} needs quotes, or a line of its own`,
      notRead,
    ])
  })
}

test('what is no YAML before a variable is shown beside it, and elsewhere nothing is said of variables', () => {
  const lines = findings('a: "x" y\nb: { c: ${X:1} }\n')
  assert.match(lines[0] ?? '', /^relay\.yaml:1:/)
  assert.match(lines.at(-2) ?? '', /^relay\.yaml:2:9: inside \{ \}/)
  assert.equal(lines.at(-1), notRead)
  assert.doesNotMatch(findings('a: ${X:1}\nb: [\n').join(), /needs quotes/)
})

test('reads a secret from its file, without the final line break', () => {
  const text = minimal.replace(' }', ', sasl: { mechanism: plain, username: u, password: { file: pw } } }')
  const { sasl } = parse(text, {}, { pw: 'pässword\n' }).kafka
  assert.ok(sasl?.mechanism === 'plain')
  assert.equal(sasl.password.reveal(), 'pässword')
  assert.match(findings(text).join(), /secret file cannot be read: no such file: pw/)
})

test('refuses a secret file that is empty, at the place that names it', () => {
  const text = `${minimal}gateway:\n  credentials: [{ bearer: { file: token } }]\n`
  for (const content of ['', '\n', '\r\n']) {
    assert.deepEqual(findings(text, {}, { token: content }), [
      'relay.yaml:4:35: secret file is empty: write the secret into it',
    ])
  }
})

test('never shows a secret when the configuration is printed', () => {
  const text = `${minimal}gateway: { credentials: [{ bearer: canary }] }\nbridge: { endpoints: [{ name: a, url: "http://h/", headers: { X-Key: canary } }] }\n`
  const config = parse(text)
  const [credential] = config.gateway.credentials
  assert.ok(credential !== undefined && 'bearer' in credential)
  assert.equal(credential.bearer.reveal(), 'canary')
  assert.equal(config.bridge.endpoints[0]?.headers['X-Key']?.[0]?.reveal(), 'canary')
  for (const shown of [JSON.stringify(config), inspect(config, { depth: 9 }), String(credential.bearer)]) {
    assert.ok(!shown.includes('canary'), shown)
    assert.ok(shown.includes('[secret]'), shown)
  }
})

test('a block of which all keys are commented out is no mistake; one that would switch something on is', () => {
  const text = `${minimal}gateway:\n  limits:\n    # maxEvents: 1\nspool:\n`
  assert.equal(parse(text).gateway.limits.maxEvents, 10_000)
  assert.deepEqual(findings(`${minimal}gateway:\n  tls:\n`), [
    'relay.yaml:4:7: "gateway.tls": has no value: give it one, or take the key out',
  ])
})

test('what cannot be read hides nothing, and nothing follows from it', () => {
  const text = `${minimal}gateway:
  port: \${PORT}
  tls: { certificateFile: c, keyFile: "\${KEY}" }
  credentials: [{ bearer: { file: missing } }]
  prot: 1
spool: { maxBytes: 50000000 }
`
  assert.deepEqual(findings(text), [
    'relay.yaml:4:9: variable PORT is not set and has no default; set it or write ${PORT:default}',
    'relay.yaml:5:39: variable KEY is not set and has no default; set it or write ${KEY:default}',
    'relay.yaml:6:35: secret file cannot be read: no such file: missing',
    'relay.yaml:7:3: unknown key "gateway.prot"; "port" was meant?',
    'relay.yaml:8:20: "spool.maxBytes": must be at least 4 times gateway.maxBodyBytes, 134217728; it is 50000000',
  ])
})

test('a variable in the path of a secret file is put in', () => {
  const text = `${minimal}gateway:\n  credentials: [{ bearer: { file: "\${FOLDER}/token" } }]\n`
  const [credential] = parse(text, { FOLDER: '/f' }, { '/f/token': 't0ken' }).gateway.credentials
  assert.ok(credential !== undefined && 'bearer' in credential)
  assert.equal(credential.bearer.reveal(), 't0ken')
})
