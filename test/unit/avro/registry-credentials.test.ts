import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import type { RegistryAuth, RegistryTls } from '../../../src/avro/registry-http.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { isRelayError } from '../../../src/errors.ts'
import { FakeSchemaRegistry } from '../../support/fake-schema-registry.ts'

const { text } = registryEventSchema
const subject = 'registry.events.v1-value'

const pem = (name: string): string =>
  readFileSync(new URL(`../../fixtures/tls/${name}`, import.meta.url), 'utf8')

/** A registry that lets in whom its authority knows. */
async function startTls(t: TestContext): Promise<FakeSchemaRegistry> {
  const [key, cert, ca] = [pem('server.key'), pem('server.crt'), pem('authority.crt')]
  const registry = await FakeSchemaRegistry.start(t, {
    key,
    cert,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  })
  registry.add(subject, text)
  return registry
}

const member: RegistryTls = { ca: pem('authority.crt'), cert: pem('client.crt'), key: pem('client.key') }
const stranger: RegistryTls = { ...member, cert: pem('stranger.crt'), key: pem('stranger.key') }

test('with a certificate that its authority knows, every call gets in; without, none', async (t) => {
  const registry = await startTls(t)
  for (const [tls, isIn] of [
    [member, true],
    [stranger, false],
    [{ ca: pem('authority.crt') }, false],
    [{ cert: pem('client.crt'), key: pem('client.key') }, false],
    [{ ca: 'no PEM' }, false],
  ] as const) {
    const client = new SchemaRegistryClient({ url: registry.url, attempts: 1, tls })
    t.after(() => client.close())
    for (const call of [
      () => client.lookup(subject, text),
      () => client.register(subject, text),
      () => client.schemaById(1),
    ]) {
      if (isIn) await call()
      else await assert.rejects(call, (error) => isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE'))
    }
  }
})

test('a certificate that was exchanged is used by the next request, on a connection of its own', async (t) => {
  const registry = await startTls(t)
  let tls = member
  const client = new SchemaRegistryClient({ url: registry.url, attempts: 1, tls: () => tls })
  t.after(() => client.close())
  assert.equal(await client.lookup(subject, text), 1)
  tls = stranger
  await assert.rejects(client.schemaById(1))
  await assert.rejects(client.register(subject, text))
  tls = member
  assert.equal(await client.register(subject, text), 1)
  assert.equal(await client.schemaById(1), text)
})

test('a request under way ends on the certificate that it began with', async (t) => {
  const registry = await startTls(t)
  let tls = member
  const client = new SchemaRegistryClient({ url: registry.url, attempts: 1, tls: () => tls })
  t.after(() => client.close())
  let answer = (): void => {}
  const asked = new Promise<void>((resolve) => {
    registry.trouble = (response) => {
      registry.trouble = () => false
      answer = () => response.end(JSON.stringify({ schema: text }))
      resolve()
      return true
    }
  })
  const slow = client.schemaById(1)
  await asked
  tls = { ...member, ca: `${member.ca}\n` }
  assert.equal(await client.schemaById(1), text)
  answer()
  assert.equal(await slow, text)
})

test('a name in the certificate that is not the one of the URL can be given', async (t) => {
  const [key, cert] = [pem('named.key'), pem('named.crt')]
  const registry = await FakeSchemaRegistry.start(t, { key, cert })
  registry.add(subject, text)
  const call = (tls: RegistryTls): Promise<number> => {
    const client = new SchemaRegistryClient({ url: registry.url, attempts: 1, tls })
    t.after(() => client.close())
    return client.register(subject, text)
  }
  await assert.rejects(call({ ca: pem('authority.crt') }))
  assert.equal(await call({ ca: pem('authority.crt'), servername: 'receiver.test' }), 1)
})

test('a password that was exchanged goes with the next request, the ones of the package included', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  let auth: RegistryAuth | undefined = { token: 'old' }
  const client = new SchemaRegistryClient({ url: registry.url, auth: () => auth })
  t.after(() => client.close())
  for (const [next, header] of [
    [{ token: 'old' }, 'Bearer old'],
    [{ token: 'new' }, 'Bearer new'],
    [{ username: 'u', password: 'p' }, 'Basic dTpw'],
    [undefined, undefined],
  ] as const) {
    auth = next
    registry.requests.length = 0
    await client.register(subject, text)
    await client.lookup(subject, text)
    assert.ok(registry.requests.length >= 4)
    for (const { headers, line } of registry.requests) assert.equal(headers.authorization, header, line)
  }
})
