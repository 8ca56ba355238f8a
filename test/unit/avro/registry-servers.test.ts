import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { SchemaRegistryClient, type SchemaRegistryOptions } from '../../../src/avro/schema-registry.ts'
import type { Cancel } from '../../../src/clock.ts'
import { isRelayError } from '../../../src/errors.ts'
import { FakeSchemaRegistry, type Trouble } from '../../support/fake-schema-registry.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

const { text } = registryEventSchema
const subject = 'registry.events.v1-value'

/** Two servers of one registry, and a client of both. */
async function start(t: TestContext, options: Partial<SchemaRegistryOptions> = {}) {
  const first = await FakeSchemaRegistry.start(t)
  const second = await FakeSchemaRegistry.start(t)
  for (const server of [first, second]) server.add(subject, text)
  const client = new SchemaRegistryClient({ url: [first.url, second.url], random: () => 0, ...options })
  t.after(() => client.close())
  return { first, second, client }
}

const answering =
  (
    status: number,
    headers: Record<string, string> = {},
    body = '{"error_code":50001,"message":"wait"}',
  ): Trouble =>
  (response) => {
    response.writeHead(status, headers).end(body)
    return true
  }

/** Lists what timers were set. */
class ListedClock extends ManualClock {
  readonly times: number[] = []

  override after(ms: number, run: () => void): Cancel {
    this.times.push(ms)
    return super.after(ms, run)
  }
}

const hang: Trouble = () => true

test('S3: a call that one server cannot answer goes to the next at once, to look up and to register', async (t) => {
  for (const trouble of [
    answering(500),
    answering(503),
    answering(429),
    answering(502, { 'content-type': 'text/html' }, '<html>Bad Gateway</html>'),
    answering(200, { 'content-type': 'text/html' }, '<html>welcome</html>'),
    answering(404, { 'content-type': 'text/html' }, 'Not Found'),
    ((response) => {
      response.destroy()
      return true
    }) satisfies Trouble,
  ]) {
    const { first, client } = await start(t, { attempts: 1 })
    first.trouble = trouble
    assert.equal(await client.lookup(subject, text), 1)
    assert.equal(await client.register(subject, text), 1)
    assert.equal(await client.schemaById(1), text)
    assert.equal((await client.latest(subject))?.id, 1)
    // From the first failure on the second server is asked first.
    assert.equal(first.requests.length, 1)
  }
})

test('the server that answered last is asked first, until it fails', async (t) => {
  const { first, second, client } = await start(t, { attempts: 1 })
  const asked = async (): Promise<[number, number]> => {
    const before = [first.requests.length, second.requests.length] as const
    await client.schemaById(1)
    return [first.requests.length - before[0], second.requests.length - before[1]]
  }
  assert.deepEqual(await asked(), [1, 0])
  await first.stop()
  assert.deepEqual(await asked(), [0, 1])
  await first.restart()
  assert.deepEqual(await asked(), [0, 1])
  await second.stop()
  assert.deepEqual(await asked(), [1, 0])
})

test('S3: a server that hangs costs one time-out, not one for every call', async (t) => {
  const clock = new ManualClock()
  const { first, client } = await start(t, { attempts: 1, timeoutMs: 5_000, clock })
  first.trouble = hang
  const found = client.lookup(subject, text)
  await until(() => first.requests.length === 1)
  await clock.advance(5_000)
  assert.equal(await found, 1)
  // The clock stands: none of these meets the server that hangs.
  await client.lookup(subject, text)
  await client.register(subject, text)
  assert.equal(first.requests.length, 1)
})

test('S3: where all hang, a call ends after a time-out for each server and attempt', async (t) => {
  const clock = new ManualClock()
  const { first, second, client } = await start(t, { attempts: 2, timeoutMs: 1_000, clock })
  first.trouble = hang
  second.trouble = hang
  const outcome = client.schemaById(1).catch((error: unknown) => error)
  const all = (): number => first.requests.length + second.requests.length
  for (const requests of [1, 2, 3, 4]) {
    // The pause between the attempts is within the time of the second.
    await until(async () => {
      if (requests === 3) await clock.advance(10)
      return all() === requests
    })
    await clock.advance(1_000)
  }
  const error = await outcome
  assert.ok(isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE'))
  // What each of them did is said.
  assert.ok(error.message.includes(first.url) && error.message.includes(second.url))
  assert.equal(all(), 4)
})

test('an answer that is one, if not the hoped for, is not asked for elsewhere', async (t) => {
  const { second, client } = await start(t)
  await assert.rejects(client.lookup('other', text), (error) => isRelayError(error, 'SCHEMA_NOT_REGISTERED'))
  const refused = '{"type":"record","name":"R","fields":[],"doc":"incompatible"}'
  await assert.rejects(client.register(subject, refused), (error) =>
    isRelayError(error, 'SCHEMA_INCOMPATIBLE'),
  )
  assert.equal(second.requests.length, 0)
})

test('S4: one server that is behind the others does not make an id unknown; all that answer do', async (t) => {
  const { first, second, client } = await start(t, { attempts: 1 })
  const other = '{"type":"record","name":"Other","fields":[]}'
  const id = second.add('other', other)
  assert.equal(await client.schemaById(id), other)
  assert.deepEqual([first.requests.length, second.requests.length], [1, 1])
  const unknown = (error: unknown): boolean => isRelayError(error, 'SCHEMA_UNKNOWN')
  await assert.rejects(client.schemaById(99), unknown)
  assert.deepEqual([first.requests.length, second.requests.length], [2, 2])
  await first.stop()
  await assert.rejects(client.schemaById(99), unknown)
  await second.stop()
  await assert.rejects(client.schemaById(99), (error) => isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE'))
})

test('S3: a registry that asks for a pause is left alone for so long, looking up and registering alike', async (t) => {
  for (const call of ['lookup', 'register'] as const) {
    const clock = new ListedClock()
    const registry = await FakeSchemaRegistry.start(t)
    registry.add(subject, text)
    const client = new SchemaRegistryClient({ url: registry.url, random: () => 0, clock })
    t.after(() => client.close())
    let asked = 0
    registry.trouble = (response, line) =>
      ++asked === 1 && answering(429, { 'retry-after': '2' })(response, line)
    const found = client[call](subject, text)
    const pauseMs = 2_000 + 50
    await until(() => clock.times.includes(pauseMs))
    await clock.advance(pauseMs - 1)
    assert.equal(asked, 1)
    await clock.advance(1)
    assert.equal(await found, 1)
    assert.ok(asked > 1)
  }
})

test('S3: a long pause is left to the caller, who is told for how long', async (t) => {
  const { first, second, client } = await start(t)
  first.trouble = answering(429, { 'retry-after': '30' })
  second.trouble = answering(429, { 'retry-after': '20' })
  for (const call of [() => client.lookup(subject, text), () => client.schemaById(1)]) {
    await assert.rejects(
      call,
      (error) => isRelayError(error, 'SCHEMA_REGISTRY_UNAVAILABLE') && error.facts['retryAfterMs'] === 20_000,
    )
  }
  assert.equal(first.requests.length + second.requests.length, 4)
})

test('S3: a server that gives no usable answer is said once for its outage, and once when it answers again', async (t) => {
  const clock = new ManualClock()
  const telemetry = new CountedTelemetry()
  const { first, second, client } = await start(t, { attempts: 1, clock, telemetry })
  first.trouble = answering(503)
  for (let call = 0; call < 3; call += 1) await client.schemaById(1)
  // The second one is asked first by now, and the other is not forgotten.
  await clock.advance(60_000)
  await client.schemaById(1)
  await until(() => first.requests.length === 2)
  await second.stop()
  await assert.rejects(client.schemaById(1))
  await assert.rejects(client.schemaById(1))
  const away = telemetry.logged('warn', /gave no usable answer/).map(({ facts }) => facts['server'])
  assert.deepEqual(away, [first.url, second.url])
  assert.equal(telemetry.logged('info', /answers again/).length, 0)

  await second.restart()
  await client.schemaById(1)
  first.trouble = () => false
  await clock.advance(60_000)
  await client.schemaById(1)
  const back = () => telemetry.logged('info', /answers again/).map(({ facts }) => facts['server'])
  await until(() => back().length === 2)
  assert.deepEqual(back(), [second.url, first.url])
})

test('what a server has not is said of that server, not of all', async (t) => {
  const { first, second, client } = await start(t, { attempts: 1 })
  first.trouble = answering(503)
  await assert.rejects(client.lookup('other', text), (error) => {
    assert.ok(isRelayError(error, 'SCHEMA_NOT_REGISTERED'))
    assert.equal(error.message, `subject other has no schema at ${second.url}`)
    return true
  })
})

test('no URL, and one of several that cannot be used, are refused at once', () => {
  for (const url of [[], ['http://registry', 'ftp://registry']]) {
    assert.throws(
      () => new SchemaRegistryClient({ url }),
      (error) => isRelayError(error, 'CONFIG_INVALID'),
    )
  }
})

test('a listener hears when a server ends a connection that it had, and not when the client does', async (t) => {
  const { first, second, client } = await start(t)
  let heard = 0
  client.onDisconnect(() => {
    heard += 1
  })
  await client.schemaById(1)
  assert.equal(heard, 0)
  await first.stop()
  await until(() => heard === 1)
  await client.schemaById(1)
  client.close()
  // Its connections are gone by then.
  await second.stop()
  assert.equal(heard, 1)
})
