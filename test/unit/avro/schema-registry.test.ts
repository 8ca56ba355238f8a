import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { SchemaRegistryClient, type SchemaRegistryOptions } from '../../../src/avro/schema-registry.ts'
import { type ErrorCode, isRelayError, type RelayError } from '../../../src/errors.ts'
import { FakeSchemaRegistry, type Trouble } from '../../support/fake-schema-registry.ts'
import { ManualClock } from '../../support/manual-clock.ts'

const text = registryEventSchema.text
const subject = 'registry.events.v1-value'

async function start(t: TestContext, options: Partial<SchemaRegistryOptions> = {}) {
  const registry = await FakeSchemaRegistry.start(t)
  const client = new SchemaRegistryClient({ url: registry.url, random: () => 0, ...options })
  t.after(() => client.close())
  return { registry, client }
}

async function rejection(call: Promise<unknown>, code: ErrorCode): Promise<RelayError> {
  try {
    await call
  } catch (error) {
    assert.ok(isRelayError(error, code), String(error))
    return error
  }
  return assert.fail(`expected ${code}`)
}

const withStatus =
  (status: number, body: string): Trouble =>
  (response) => {
    response.writeHead(status, { 'content-type': 'text/html' }).end(body)
    return true
  }

test('registers under the subject without touching its level, where only the level for all subjects is set', async (t) => {
  const { registry, client } = await start(t)
  const id = await client.register(subject, text)
  assert.equal(registry.schemas.get(id), text)
  assert.deepEqual(registry.subjects.get(subject), [id])
  assert.equal(registry.levels.size, 0)
  assert.deepEqual(
    registry.lines.filter((line) => !line.startsWith('GET ')),
    [`POST /subjects/${subject}/versions`],
  )
})

test('registers under a subject with any level of its own, and leaves that as it is', async (t) => {
  const { registry, client } = await start(t)
  for (const level of ['FULL_TRANSITIVE', 'NONE', 'full']) {
    registry.levels.set(subject, level)
    assert.equal(await client.register(subject, text), 1)
    assert.equal(registry.levels.get(subject), level)
  }
  assert.equal(
    registry.lines.some((line) => line.startsWith('PUT ')),
    false,
  )
})

test('registering twice gives the same id', async (t) => {
  const { client } = await start(t)
  assert.equal(await client.register(subject, text), await client.register(subject, text))
  assert.equal(await client.lookup(subject, text), 1)
})

test('a schema that the registry refuses is not retried, and its reason is in the error', async (t) => {
  const { registry, client } = await start(t)
  const other = '{"type":"record","name":"R","fields":[],"doc":"incompatible"}'
  const error = await rejection(client.register(subject, other), 'SCHEMA_INCOMPATIBLE')
  assert.match(error.message, /Schema being registered is incompatible/)
  assert.equal(registry.lines.filter((line) => line.startsWith('POST ')).length, 1)
})

test('a text that is no Avro schema is refused without asking again', async (t) => {
  const { registry, client } = await start(t)
  for (const other of ['{"type":"no such type"}', 'no JSON']) {
    await rejection(client.register(subject, other), 'SCHEMA_INCOMPATIBLE')
  }
  assert.equal(registry.lines.filter((line) => line.startsWith('POST ')).length, 0)
})

test('a look-up tells a missing subject from a missing schema', async (t) => {
  const { registry, client } = await start(t)
  assert.match(
    (await rejection(client.lookup(subject, text), 'SCHEMA_NOT_REGISTERED')).message,
    /has no schema/,
  )
  registry.add(subject, '"string"')
  assert.match(
    (await rejection(client.lookup(subject, text), 'SCHEMA_NOT_REGISTERED')).message,
    /other schemas/,
  )
  const id = registry.add(subject, text)
  assert.equal(await client.lookup(subject, text), id)
})

test('a subject with odd letters goes into the path encoded', async (t) => {
  const { client } = await start(t)
  for (const odd of ['a/b c', 'über?x=1', ':.ctx:name', '100%']) {
    const id = await client.register(odd, text)
    assert.equal(await client.lookup(odd, text), id)
  }
})

test('an id that leads to another schema is not used; a copy without documentation is the same schema', async (t) => {
  const { registry, client } = await start(t)
  const id = registry.add(subject, text)
  const lookup = registry.subjects.get(subject)
  registry.trouble = (response, line) => {
    if (!line.startsWith('GET /schemas/')) return false
    response.end(JSON.stringify({ schema: '"string"' }))
    return true
  }
  for (const call of [client.lookup(subject, text), client.register(subject, text)]) {
    assert.match((await rejection(call, 'SCHEMA_INCOMPATIBLE')).message, /another schema/)
  }
  registry.trouble = (response, line) => {
    if (!line.startsWith('GET /schemas/')) return false
    const bare = JSON.stringify(JSON.parse(text), (key, value) =>
      key === 'doc' || key === 'json' ? undefined : value,
    )
    response.end(JSON.stringify({ schema: bare }))
    return true
  }
  assert.equal(await client.lookup(subject, text), id)
  assert.deepEqual(registry.subjects.get(subject), lookup)
})

test('schemas are got by id; an unknown one, and one that is not Avro, have errors of their own', async (t) => {
  const { registry, client } = await start(t)
  const id = registry.add(subject, text)
  assert.equal(await client.schemaById(id), text)
  const unknown = await rejection(client.schemaById(99), 'SCHEMA_UNKNOWN')
  assert.equal(unknown.retriable, true)
  for (const extra of [
    { schemaType: 'JSON' },
    { references: [{ name: 'Other', subject: 'o', version: 1 }] },
  ]) {
    registry.trouble = (response) => {
      response.end(JSON.stringify({ schema: text, ...extra }))
      return true
    }
    await rejection(client.schemaById(id), 'RECORD_UNDECODABLE')
  }
})

test('overload and failures are waited out, for looking up and for registering', async (t) => {
  const { registry, client } = await start(t)
  for (const status of [500, 503, 429]) {
    for (const call of ['register', 'lookup'] as const) {
      let failures = 0
      registry.trouble = (response, line) => {
        if (!line.startsWith('POST ') || ++failures > 2) return false
        return withStatus(status, '{"error_code":50001,"message":"wait"}')(response, line)
      }
      assert.equal(await client[call](subject, text), 1)
      assert.equal(failures, 3)
    }
  }
})

test('after some tries the caller is told, with what the registry said last', async (t) => {
  const { registry, client } = await start(t, { attempts: 2 })
  registry.trouble = withStatus(503, '{"error_code":50002,"message":"no leader"}')
  const error = await rejection(client.lookup(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')
  assert.match(error.message, /503, no leader/)
  assert.equal(registry.requests.length, 2)
})

test('a refused connection is told from an answer with status 400, although the package reports both as 400', async (t) => {
  const { registry, client } = await start(t)
  registry.trouble = (response, line) =>
    line.startsWith('POST ') && withStatus(400, '{"error_code":400,"message":"bad schema"}')(response, line)
  for (const call of ['register', 'lookup'] as const) {
    const refused = await rejection(client[call](subject, text), 'SCHEMA_INCOMPATIBLE')
    assert.match(refused.message, /bad schema/)
  }
  assert.equal(registry.lines.filter((line) => line.startsWith('POST ')).length, 2)

  registry.trouble = (response, line) => {
    if (line.startsWith('GET ')) return false
    response.destroy()
    return true
  }
  const broken = await rejection(client.register(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')
  assert.match(broken.message, /socket hang up|ECONNRESET/)
  assert.equal(registry.lines.filter((line) => line.startsWith('POST ')).length, 2 + 3)
  await registry.stop()
  for (const call of [client.register(subject, text), client.lookup(subject, text), client.schemaById(1)]) {
    assert.match((await rejection(call, 'SCHEMA_REGISTRY_UNAVAILABLE')).message, /ECONNREFUSED/)
  }
})

test('a registry that hangs, before or within its answer, is given up after the timeout, and asked once', async (t) => {
  const { registry, client } = await start(t, { attempts: 1, timeoutMs: 100 })
  const hang: Trouble = () => true
  const stall: Trouble = (response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' })
    response.write('{"id":')
    return true
  }
  for (const trouble of [hang, stall]) {
    registry.trouble = trouble
    const asked = registry.requests.length
    for (const call of [
      client.lookup(subject, text),
      client.schemaById(1),
      client.compatibilityLevel(subject),
    ]) {
      const error = await rejection(call, 'SCHEMA_REGISTRY_UNAVAILABLE')
      assert.match(error.message, /no answer within 100 ms/)
    }
    assert.equal(registry.requests.length, asked + 3)
    // The package's own requests: only its POST is in trouble.
    registry.trouble = (response, line) => line.startsWith('POST ') && trouble(response, line)
    await rejection(client.register(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')
  }
})

test('registering has a deadline also where the timeout of a request is not reached, as with an answer byte by byte', async (t) => {
  const clock = new ManualClock()
  const { registry, client } = await start(t, { attempts: 1, clock })
  let posted: () => void = () => {}
  const post = new Promise<void>((resolve) => {
    posted = resolve
  })
  registry.trouble = (_, line) => {
    if (!line.startsWith('POST ')) return false
    posted()
    return true
  }
  const outcome = rejection(client.register(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')
  await post
  await clock.advance(12_000)
  assert.match((await outcome).message, /no answer within 12000 ms/)
})

test('a page instead of JSON, or an address without a registry, is not taken for an answer', async (t) => {
  const { registry, client } = await start(t, { attempts: 1 })
  registry.trouble = withStatus(200, '<html>welcome</html>')
  for (const call of [
    client.lookup(subject, text),
    client.schemaById(1),
    client.register(subject, text),
    client.check(subject, text),
  ]) {
    assert.match(
      (await rejection(call, 'SCHEMA_REGISTRY_UNAVAILABLE')).message,
      /not the one of a schema registry/,
    )
  }
  registry.trouble = withStatus(404, 'Not Found')
  for (const call of [
    client.lookup(subject, text),
    client.schemaById(1),
    client.register(subject, text),
    client.check(subject, text),
  ]) {
    assert.match(
      (await rejection(call, 'SCHEMA_REGISTRY_UNAVAILABLE')).message,
      /is the URL the one of a schema registry/,
    )
  }
  registry.trouble = (response, line) => line.startsWith('POST ') && withStatus(200, '{}')(response, line)
  await rejection(client.register(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')
})

test('an endless answer is broken off', async (t) => {
  const { registry, client } = await start(t, { attempts: 1 })
  registry.trouble = (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(1 << 20, 0x20)));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
    return true
  }
  assert.match((await rejection(client.schemaById(1), 'SCHEMA_REGISTRY_UNAVAILABLE')).message, /longer than/)
})

test('a redirect is not followed, as it would carry the credentials elsewhere', async (t) => {
  const { registry, client } = await start(t, { attempts: 1, auth: { token: 'a token' } })
  registry.trouble = (response, line) => {
    if (line.includes('/elsewhere')) return false
    response.writeHead(302, { location: `${registry.url}/elsewhere` }).end()
    return true
  }
  await rejection(client.schemaById(1), 'SCHEMA_REGISTRY_UNAVAILABLE')
  await rejection(client.register(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')
  assert.equal(
    registry.lines.some((line) => line.includes('elsewhere')),
    false,
  )
})

test('name and password, or a token, go with every request, the ones of the package included', async (t) => {
  const basic = `Basic ${Buffer.from('relay:p:w').toString('base64')}`
  for (const [auth, header] of [
    [{ username: 'relay', password: 'p:w' }, basic],
    [{ token: 'a token' }, 'Bearer a token'],
  ] as const) {
    const { registry, client } = await start(t, { auth })
    await client.register(subject, text)
    await client.lookup(subject, text)
    assert.ok(registry.requests.length >= 5)
    for (const { line, headers } of registry.requests) assert.equal(headers.authorization, header, line)
  }
})

test('wrong credentials have an error of their own, without the credentials in it', async (t) => {
  const { registry, client } = await start(t, { auth: { username: 'relay', password: 'secret' } })
  registry.trouble = withStatus(401, '{"error_code":401,"message":"Unauthorized"}')
  for (const call of [client.lookup(subject, text), client.register(subject, text)]) {
    const error = await rejection(call, 'SCHEMA_REGISTRY_REFUSED')
    assert.doesNotMatch(JSON.stringify(error) + error.message, /secret/)
  }
  registry.trouble = (response, line) =>
    line.startsWith('POST ') && withStatus(403, '{"error_code":403,"message":"no"}')(response, line)
  await rejection(client.register(subject, text), 'SCHEMA_REGISTRY_REFUSED')
})

test('a URL that cannot be used is refused at once; a path in it, and a slash at its end, are kept and dropped', async (t) => {
  for (const url of ['', 'registry:8081', 'ftp://registry', 'http://user:secret@registry']) {
    assert.throws(
      () => new SchemaRegistryClient({ url }),
      (error) => isRelayError(error, 'CONFIG_INVALID') && !error.message.includes('secret'),
    )
  }
  const { registry } = await start(t)
  const client = new SchemaRegistryClient({ url: `${registry.url}/apis/ccompat/v7/`, attempts: 1 })
  t.after(() => client.close())
  assert.equal(client.url, `${registry.url}/apis/ccompat/v7`)
  await assert.rejects(client.register(subject, text))
  await assert.rejects(client.schemaById(1))
  for (const line of registry.lines)
    assert.match(line, /^\w+ \/apis\/ccompat\/v7\/(config|schemas|subjects)\//)
})

test('other users of the package in the same process keep their own defaults', async (t) => {
  const { registry, client } = await start(t)
  await client.register(subject, text)
  let asked = 0
  registry.trouble = (response, line) => {
    asked += 1
    return withStatus(500, '{"error_code":50001,"message":"wait"}')(response, line)
  }
  await assert.rejects(new SchemaRegistry({ host: registry.url }).getSchema(1))
  assert.equal(asked, 4)
})

test('the level of a subject can be read and set, and a schema be checked, by commands', async (t) => {
  const { registry, client } = await start(t)
  assert.equal(await client.compatibilityLevel(subject), undefined)
  await client.setCompatibilityLevel(subject, 'FULL_TRANSITIVE')
  assert.equal(await client.compatibilityLevel(subject), 'FULL_TRANSITIVE')
  assert.deepEqual(await client.check(subject, text), { compatible: true, reasons: [] })
  registry.add(subject, '"string"')
  assert.deepEqual(await client.check(subject, text), { compatible: true, reasons: [] })
  assert.deepEqual(await client.check(subject, '"incompatible"'), {
    compatible: false,
    reasons: ['a field has no default'],
  })
})

test('after close every call fails, and those that wait for their next try end', async (t) => {
  const { registry, client } = await start(t, { random: () => 50 })
  let asked: () => void = () => {}
  const first = new Promise<void>((resolve) => {
    asked = resolve
  })
  registry.trouble = (response, line) => {
    asked()
    return withStatus(503, '{}')(response, line)
  }
  const waiting = rejection(client.schemaById(1), 'SCHEMA_REGISTRY_UNAVAILABLE')
  await first
  client.close()
  await waiting
  assert.match(
    (await rejection(client.lookup(subject, text), 'SCHEMA_REGISTRY_UNAVAILABLE')).message,
    /closed/,
  )
  assert.equal(registry.requests.length, 1)
})
