import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type TestContext, test } from 'node:test'
import { isRelayError } from '../../../../src/errors.ts'
import { type TokenEndpointOptions, tokenEndpoint } from '../../../../src/kafka/oauth/token-endpoint.ts'

interface Asked {
  readonly method: string | undefined
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly form: Readonly<Record<string, string>>
}

const pem = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/kafka-tls/${name}`, import.meta.url), 'utf8')

/** Answers every question with the same. */
async function provider(
  t: TestContext,
  answer: (response: ServerResponse) => void,
  secure = false,
): Promise<{ ask: (more?: Partial<TokenEndpointOptions>) => Promise<unknown>; asked: Asked[] }> {
  const asked: Asked[] = []
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { authorization, 'content-type': contentType } = request.headers
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
      asked.push({ method: request.method, authorization, contentType, form })
      answer(response)
    })
  }
  const broker = pem('broker.pem')
  const server = secure ? createTlsServer({ key: broker, cert: broker }, onRequest) : createServer(onRequest)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const url = `${secure ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}/token`
  return {
    asked,
    ask: (more = {}) => tokenEndpoint({ url, clientId: 'relay', clientSecret: 'canary', ...more })(),
  }
}

const json =
  (status: number, body: unknown) =>
  (response: ServerResponse): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

test('asks with a form, and with the client’s id and secret by HTTP Basic', async (t) => {
  const { ask, asked } = await provider(t, json(200, { access_token: 'abc', expires_in: 300 }))
  assert.deepEqual(await ask({ scope: 'a b', audience: 'kafka' }), { value: 'abc', lifetimeMs: 300_000 })
  assert.deepEqual(await ask({ clientId: 'r:1', clientSecret: () => 'p&ss w' }), {
    value: 'abc',
    lifetimeMs: 300_000,
  })
  const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`
  const contentType = 'application/x-www-form-urlencoded'
  const grant = { grant_type: 'client_credentials' }
  assert.deepEqual(asked, [
    {
      ...{ method: 'POST', authorization: basic('relay:canary'), contentType },
      form: { ...grant, scope: 'a b', audience: 'kafka' },
    },
    { method: 'POST', authorization: basic('r%3A1:p%26ss+w'), contentType, form: grant },
  ])
})

test('a token whose life is not told is taken for a minute', async (t) => {
  const { ask } = await provider(t, json(200, { access_token: 'abc' }))
  assert.deepEqual(await ask(), { value: 'abc', lifetimeMs: 60_000 })
})

test('what is wrong is said, with what to do, and never the secret', async (t) => {
  const described = { error: 'invalid_client', error_description: 'canary is wrong' }
  for (const [status, body, code, words] of [
    [401, described, 'KAFKA_CONFIGURATION', /401 invalid_client: check clientId and clientSecret/],
    [400, { error: 'invalid_scope' }, 'KAFKA_CONFIGURATION', /check scope/],
    [400, { error: 'unauthorized_client' }, 'KAFKA_CONFIGURATION', /grant client_credentials/],
    [404, 'canary', 'KAFKA_CONFIGURATION', /404: check tokenUrl/],
    [302, {}, 'KAFKA_CONFIGURATION', /redirects are not followed/],
    [200, { token: 'canary' }, 'KAFKA_CONFIGURATION', /without an access_token: check tokenUrl/],
    [200, [], 'KAFKA_CONFIGURATION', /without an access_token/],
    [503, described, 'KAFKA_UNAVAILABLE', /answers 503/],
    [429, {}, 'KAFKA_UNAVAILABLE', /answers 429/],
  ] as const) {
    const { ask } = await provider(t, json(status, body))
    await assert.rejects(ask(), (error) => {
      assert.ok(isRelayError(error, code), String(error))
      assert.match(error.message, words)
      assert.match(error.message, /the token endpoint http:\S+\/token \(client relay\)/)
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /canary/)
      return true
    })
  }
})

test('a provider that does not answer, answers without end or is not there may come back', async (t) => {
  const silent = await provider(t, () => {})
  await assert.rejects(silent.ask({ timeoutMs: 50 }), {
    code: 'KAFKA_UNAVAILABLE',
    message: /no answer within 50 ms/,
  })
  const endless = await provider(t, (response) => {
    const more = (): void => {
      if (!response.destroyed) response.write('x'.repeat(65_536), more)
    }
    more()
  })
  await assert.rejects(endless.ask(), { code: 'KAFKA_UNAVAILABLE', message: /an answer over 1048576 bytes/ })
  const nowhere = tokenEndpoint({ url: 'http://127.0.0.1:1/t', clientId: 'c', clientSecret: 's' })
  await assert.rejects(nowhere(), { code: 'KAFKA_UNAVAILABLE', message: /ECONNREFUSED/ })
})

test('its certificate is checked, by the authorities that are given', async (t) => {
  const { ask } = await provider(t, json(200, { access_token: 'abc' }), true)
  await assert.rejects(ask(), { code: 'KAFKA_CONFIGURATION', message: /check caFile and tokenUrl/ })
  await ask({ tls: () => ({ ca: pem('authority.crt') }) })
})

test('refuses a URL that is none, and one that would put a password into logs', () => {
  for (const url of ['kafka', 'ftp://h/', 'https://user:word@h/token']) {
    assert.throws(() => tokenEndpoint({ url, clientId: 'c', clientSecret: 's' }), { code: 'CONFIG_INVALID' })
  }
})
