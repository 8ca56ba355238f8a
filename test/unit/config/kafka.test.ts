import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findings, minimal, parse } from './parsing.ts'

/** `minimal` with further keys of the block `kafka`. */
const kafka = (keys: string): string => minimal.replace(' }', `, ${keys} }`)
/** The same for `schemaRegistry`. */
const registry = (keys: string): string => minimal.replace(/ \}\n$/, `, ${keys} }\n`)

test('without TLS and SASL keys the connection is plain, uncompressed and with the time limits of the client', () => {
  const config = parse(minimal).kafka
  assert.equal(config.tls, false)
  assert.equal(config.sasl, undefined)
  assert.equal(config.compression, 'none')
  assert.equal(config.connectionTimeoutMs, undefined)
})

test('takes the client credentials of an OpenID provider, the secret from its file', () => {
  const text = kafka(
    'sasl: { mechanism: oauthbearer, tokenUrl: "https://id/token", clientId: relay, clientSecret: { file: s }, scope: kafka }',
  )
  const { sasl } = parse(text, {}, { s: 's3cret\n' }).kafka
  assert.ok(sasl?.mechanism === 'oauthbearer')
  assert.equal(sasl.clientSecret.reveal(), 's3cret')
  assert.equal(sasl.clientSecret.file, '/folder/s')
  assert.equal(sasl.scope, 'kafka')
})

test('names what a mechanism lacks, and a mechanism that it does not know', () => {
  assert.match(
    findings(kafka('sasl: { mechanism: plain, username: u }')).join(),
    /"kafka.sasl.password" is missing/,
  )
  assert.match(
    findings(kafka('sasl: { mechanism: oauthbearer, clientId: a, clientSecret: b }')).join(),
    /"kafka.sasl.tokenUrl" is missing/,
  )
  assert.match(findings(kafka('sasl: { mechanism: gssapi }')).join(), /"kafka.sasl.mechanism"/)
})

test('refuses a client certificate without its key', () => {
  assert.match(findings(kafka('tls: { certificateFile: c.pem }')).join(), /belong together/)
  assert.match(findings(registry('tls: { keyFile: k.pem }')).join(), /belong together/)
})

test('refuses a password for the registry that belongs to nobody, and a token beside a user name', () => {
  assert.deepEqual(findings(registry('password: p')), [
    'relay.yaml:2:59: "schemaRegistry.password": needs schemaRegistry.username beside it',
  ])
  assert.match(
    findings(registry('username: u, password: p, token: t')).join(),
    /"schemaRegistry\.token": cannot stand beside schemaRegistry\.username: give user name and password, or a token/,
  )
  assert.match(findings(registry('password: p, token: t')).join(), /"schemaRegistry\.password": needs/)
  assert.equal(parse(registry('username: u')).schemaRegistry.username, 'u')
})

test('takes one registry URL, a text with commas or a list, and refuses what is no URL', () => {
  const urls = (value: string): readonly string[] =>
    parse(minimal.replace('"http://127.0.0.1:8081"', value)).schemaRegistry.urls
  assert.deepEqual(urls('"http://a/"'), ['http://a/'])
  assert.deepEqual(urls('"http://a, https://b/v7"'), ['http://a', 'https://b/v7'])
  assert.deepEqual(urls('["http://a", "http://b"]'), ['http://a', 'http://b'])
  assert.deepEqual(findings(minimal.replace('"http://127.0.0.1:8081"', '"a:8081"')), [
    'relay.yaml:2:24: "schemaRegistry.url": each must be an http or https URL, as http://schema-registry:8081',
  ])
})

test('a route says which events it takes, and never to a topic that holds no events', () => {
  const config = parse(`${minimal}topics: { routes: [{ topic: pulls, actions: [pull] }] }\n`)
  assert.deepEqual(config.topics.routes, [
    { topic: 'pulls', actions: ['pull'], mediaTypes: [], repositories: { include: [], exclude: [] } },
  ])
  assert.match(
    findings(`${minimal}topics: { routes: [{ topic: pulls }] }\n`).join(),
    /must say which events it takes/,
  )
  assert.match(
    findings(`${minimal}topics: { rejected: r, routes: [{ topic: r, actions: [pull] }] }\n`).join(),
    /"topics.routes.0.topic": is topics.rejected too: records there are no events/,
  )
})

test('events, dead letters and what was rejected are never one topic: the bridge would read its own dead letters', () => {
  for (const topics of [
    'events: a, deadLetters: a',
    'events: a, rejected: a',
    'deadLetters: a, rejected: a',
  ]) {
    assert.match(
      findings(`${minimal}topics: { ${topics} }\n`).join(),
      /^relay\.yaml:3:\d+: "topics\.(?:deadLetters|rejected)": is topics\.(?:events|deadLetters) too: .*three topics/,
    )
  }
})

test('records carry nothing beside the event unless asked to', () => {
  assert.deepEqual(parse(minimal).records, { keyPrefix: '', cloudEvents: false, traceparent: false })
})
