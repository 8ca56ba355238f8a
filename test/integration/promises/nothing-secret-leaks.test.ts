import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawReceiver, status } from '../../support/raw-receiver.ts'
import { spoolEmptied } from '../gateway/gateway-bed.ts'
import { Chain } from './chain.ts'

/** Words that are nowhere else. */
const secrets = {
  bearer: 'canary-bearer-90a1',
  wrongBearer: 'canary-wrong-81b2',
  registryToken: 'canary-registry-72c3',
  endpointToken: 'canary-endpoint-63d4',
  proxyPassword: 'canary-proxy-54e5',
  signing: `whsec_${Buffer.from('canary-signing-45f6-of-32-bytes!').toString('base64')}`,
  query: 'canary-query-3607',
  actorUser: 'canary-actor-2718',
} as const

const body = (id: string): string =>
  JSON.stringify({
    events: [{ id, target: { repository: 'team/app' }, actor: { name: 'ci', user: secrets.actorUser } }],
  })

test('Nothing secret leaks', async (t) => {
  const receiver = await rawReceiver(t, status(204))
  const refusing = await rawReceiver(t, status(401))
  const chain = await Chain.start(t, {
    schemaRegistry: { token: secrets.registryToken },
    gateway: { credentials: [{ bearer: secrets.bearer }], redact: { preset: 'recommended' } },
  })
  const gateway = await chain.serve()
  const url = await gateway.listening()
  const bridge = chain.bridge(
    [
      {
        name: 'hook',
        url: `${receiver.url}&token=${secrets.query}`,
        headers: { Authorization: `Bearer ${secrets.endpointToken}` },
        signing: { secrets: [secrets.signing] },
      },
      // They fail, each in its own way, and what fails is written about.
      {
        name: 'refusing',
        url: `${refusing.url}&token=${secrets.query}`,
        headers: { 'X-Token': secrets.endpointToken },
      },
      {
        name: 'proxied',
        url: `http://receiver.invalid/?token=${secrets.query}`,
        proxy: { url: 'http://127.0.0.1:1', username: 'relay', password: secrets.proxyPassword },
      },
    ],
    { logging: { level: 'debug', format: 'json' } },
  )

  const answers: string[] = []
  const send = async (authorization: string | undefined, text: string): Promise<number> => {
    const response = await fetch(`${url}?token=${secrets.query}`, {
      method: 'POST',
      body: text,
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
    })
    answers.push(JSON.stringify([...response.headers]), await response.text())
    return response.status
  }
  assert.equal(await send(`Bearer ${secrets.bearer}`, body('kept')), 200)
  assert.equal(await send(`Bearer ${secrets.bearer}`, `not JSON: ${secrets.actorUser}`), 200)
  assert.equal(await send(`Bearer ${secrets.wrongBearer}`, body('refused')), 401)
  assert.equal(await send(undefined, body('refused')), 401)
  await spoolEmptied(gateway.management)
  await receiver.received(1)
  await refusing.received(1)
  await bridge.says('ECONNREFUSED')

  const pages: string[] = []
  for (const management of [gateway.management, await bridge.management()]) {
    for (const path of ['/', '/status', '/metrics', '/readyz', '/healthz', `/${'x'.repeat(40)}`]) {
      pages.push(await (await fetch(`${management}${path}`)).text())
    }
  }
  gateway.signal('SIGTERM')
  bridge.signal('SIGTERM')
  const { output } = await gateway.ended
  await bridge.ended

  // The endpoint did get its credentials, so there was something to leak.
  const [delivered] = receiver.requests
  assert.ok(
    delivered?.headers.includes(`Authorization: Bearer ${secrets.endpointToken}`),
    String(delivered?.headers),
  )
  const [stored] = await chain.bed.storedEvents()
  const surfaces = {
    'log of the gateway': output,
    'log of the bridge': bridge.output,
    'answers of the gateway': answers.join('\n'),
    'management ports': pages.join('\n'),
    // What the recommended preset takes out is stored and delivered nowhere.
    topic: String(stored?.body),
    rejected: (await chain.bed.rejected())
      .map(({ value, headers }) => `${value} ${JSON.stringify(headers)}`)
      .join('\n'),
    delivery: String(delivered?.body),
  }
  // Each was looked at: what is no secret is there.
  assert.match(surfaces['log of the bridge'], /refusing/)
  assert.match(surfaces.topic, /"actor":\{"name":"ci"\}/)
  assert.match(surfaces.rejected, /NOT_AN_ENVELOPE/)
  assert.match(surfaces.delivery, /"actor":\{"name":"ci"\}/)
  for (const [surface, text] of Object.entries(surfaces)) {
    assert.ok(text.length > 0, `nothing in ${surface}`)
    for (const [name, secret] of Object.entries(secrets)) {
      for (const form of [
        secret,
        Buffer.from(secret).toString('base64'),
        // As a proxy is sent it.
        Buffer.from(`relay:${secret}`).toString('base64'),
        Buffer.from(secret).toString('hex'),
      ])
        assert.ok(!text.includes(form), `${name} is in ${surface}`)
    }
  }
})
