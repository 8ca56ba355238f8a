import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { GatewayChild } from './gateway-child.ts'
import { readSpool } from './kept.ts'
import { type Answer, honestHeaders, send } from './post.ts'

/** Words that are nowhere else, and where each of them comes in. */
const canaries = {
  bearer: 'canary-bearer-1f0a',
  password: 'canary-password-2e1b',
  kafkaPassword: 'canary-kafka-3d2c',
  registryToken: 'canary-registry-4c3d',
  hmacKey: 'canary-hmac-5b4e',
  wrongBearer: 'canary-wrong-bearer-6a5f',
  wrongPassword: 'canary-wrong-password-7960',
  actorUser: 'canary-actor-user-8871',
  key: 'canary-key-9782',
  query: 'canary-query-a693',
  cookie: 'canary-cookie-b5a4',
} as const

const basic = (secret: string): string => `Basic ${Buffer.from(`registry:${secret}`).toString('base64')}`

/** Bodies that go wrong in every way there is, each with a token in it. */
function bodies(): readonly (readonly [body: string, contentType: string])[] {
  const { actorUser, key } = canaries
  const user = `"actor":{"name":"${actorUser}","user":"${actorUser}"}`
  const json = 'application/json'
  const texts = [
    `{"events":[{"id":"e1",${user},"target":{"repository":"library/app"}}]}`,
    `{"events":[{"id":"e2","actor":"${actorUser}","${key}":"${actorUser}"}]}`,
    `{"events":[{"id":{"${key}":1},"action":["${actorUser}"],"target":"${actorUser}","timestamp":"${actorUser}"}]}`,
    `{"events":["${actorUser}",{"id":"e4",${user}}]}`,
    `{"events":[{"id":"e5",${user}}`,
    `${actorUser}`,
    `"${actorUser}"`,
    `{"${key}":"${actorUser}"}`,
    `{"events":"${actorUser}"}`,
    `{"events":[{"id":"e6","actor":{"user":"${actorUser}\\ud800"}}]}`,
    `{"events":[{"${actorUser}":${'['.repeat(100)}${']'.repeat(100)}}]}`,
    `{"events":[{"id":"${actorUser}","target":{"size":"${actorUser}","digest":7}}]}`,
    `{"events":[{"id":"large","x":"${actorUser}${'x'.repeat(40_000)}"}]}`,
  ]
  return [
    ...texts.map((text) => [text, json] as const),
    [texts[0] ?? '', `text/plain; x=${actorUser}`],
    [texts[0] ?? '', `${actorUser}/json`],
  ]
}

async function everySurface(t: TestContext, strict: boolean): Promise<void> {
  const gateway = await GatewayChild.start(t, {
    gateway: {
      strict,
      maxBodyBytes: 32_768,
      credentials: [{ bearer: canaries.bearer }, { username: 'registry', password: canaries.password }],
      redact: { key: canaries.hmacKey, rules: [{ pointer: '/request/addr', action: 'hmac' }] },
    },
    config: {
      kafka: {
        brokers: ['127.0.0.1:1'],
        sasl: { mechanism: 'plain', username: 'relay', password: canaries.kafkaPassword },
      },
      schemaRegistry: { url: 'http://127.0.0.1:1', token: canaries.registryToken },
    },
  })
  const answers: Answer[] = []
  const credentials = [`Bearer ${canaries.bearer}`, basic(canaries.password)]
  const intruders = [`Bearer ${canaries.wrongBearer}`, basic(canaries.wrongPassword), canaries.bearer]
  const url = `${gateway.url}?token=${canaries.query}`
  for (const [body, contentType] of bodies()) {
    for (const authorization of [...credentials, ...intruders]) {
      const more = { 'User-Agent': `agent/${canaries.actorUser}`, Cookie: `session=${canaries.cookie}` }
      const headers = { 'Content-Type': contentType, Authorization: authorization, ...more }
      answers.push(await send(url, { body, headers }))
    }
  }
  for (const path of [`/${canaries.query}`, `/notifications/${canaries.query}`]) {
    const headers = { ...honestHeaders, Authorization: `Bearer ${canaries.bearer}` }
    answers.push(await send(`http://127.0.0.1:${gateway.port}${path}`, { headers, body: canaries.actorUser }))
  }
  const statuses = [...new Set(answers.map(({ status }) => status))].toSorted()
  assert.deepEqual(statuses, strict ? [200, 400, 401, 404, 413, 415] : [200, 401, 404])
  const management: Answer[] = []
  for (const path of ['/metrics', '/readyz', '/healthz', `/${canaries.query}`]) {
    management.push(await send(`${gateway.management}${path}`, { method: 'GET' }))
  }
  await gateway.stop()

  // What was looked through is what there should be: refusals in the log, counters, and the bodies with their tokens.
  assert.match(gateway.output, /UNAUTHORIZED/)
  assert.match(gateway.output, /NOT_AN_ENVELOPE/)
  assert.match(String(management[0]?.body), /registry_relay_gateway_rejected_total\{reason="unauthorized"\}/)
  const kept = await readSpool(gateway.spoolFolder)
  const holds = kept.filter((one) =>
    one.kind === 'event' ? one.envelope.includes(canaries.actorUser) : one.value.includes(canaries.actorUser),
  )
  assert.ok(holds.length > 0)

  const surfaces = {
    log: gateway.output,
    answers: answers.map(textOf).join('\n'),
    // The paths that do not exist there are shown as they were asked for; nothing is a secret to whom asks.
    management: management.slice(0, 3).map(textOf).join('\n'),
  }
  for (const [surface, text] of Object.entries(surfaces)) {
    for (const [name, canary] of Object.entries(canaries)) {
      const forms = [canary, Buffer.from(canary).toString('hex'), basic(canary).slice('Basic '.length)]
      for (const form of forms) assert.ok(!text.includes(form), `${name} is in ${surface}`)
    }
  }
}

function textOf({ headers, body }: Answer): string {
  return `${JSON.stringify(headers)}\n${body.toString('latin1')}`
}

test('shows no credential and no word of a body in logs, metrics and answers', (t) => everySurface(t, false))

test('shows none of them in strict mode either', (t) => everySurface(t, true))
