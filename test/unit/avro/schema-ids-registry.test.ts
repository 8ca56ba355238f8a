import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { SchemaIdFile } from '../../../src/avro/schema-id-file.ts'
import { RegisteredSchemaIds, type RegisteredSchemaIdsOptions } from '../../../src/avro/schema-ids.ts'
import { SchemaRegistryClient } from '../../../src/avro/schema-registry.ts'
import { FakeSchemaRegistry, type Trouble } from '../../support/fake-schema-registry.ts'
import { until } from '../../support/until.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'

const { text, fingerprint } = registryEventSchema
const subject = 'registry.events.v1-value'
const hourMs = 3_600_000

/** Ids as the relay has them: a real client of a registry over HTTP, a file, and time as it passes. */
function startIds(
  t: TestContext,
  registry: FakeSchemaRegistry,
  options: Partial<RegisteredSchemaIdsOptions> = {},
  path = filePath(t),
) {
  const telemetry = new CountedTelemetry()
  const client = new SchemaRegistryClient({ url: registry.url, attempts: 1, timeoutMs: 60_000 })
  const cache = new SchemaIdFile(path)
  const ids = new RegisteredSchemaIds({
    registry: client,
    subject,
    mode: 'lookup',
    revalidateMs: hourMs,
    maxPauseMs: 300,
    cache,
    telemetry,
    ...options,
  })
  const close = (): void => {
    ids.close()
    client.close()
  }
  t.after(close)
  const remembered = (): number | undefined =>
    cache.load({ registry: registry.url, subject }).get(fingerprint)?.id
  return { ids, telemetry, path, remembered, close }
}

function filePath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'schema-ids-'))
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  return join(folder, 'schema-ids.json')
}

const hang: Trouble = () => true
const page: Trouble = (response) => {
  response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad Gateway</html>')
  return true
}
const overloaded: Trouble = (response) => {
  response.writeHead(429, { 'retry-after': '0' }).end('{"error_code":42901,"message":"slow down"}')
  return true
}
const failing: Trouble = (response) => {
  response.writeHead(500).end('{"error_code":50001,"message":"store"}')
  return true
}

test('S1, S3: started while the registry is in any trouble, with the file of the last run, ids are there', async (t) => {
  for (const trouble of [hang, page, overloaded, failing]) {
    const registry = await FakeSchemaRegistry.start(t)
    registry.add(subject, text)
    const first = startIds(t, registry)
    const id = await first.ids.idOf(fingerprint)
    await until(() => first.remembered() === id)
    first.close()
    registry.trouble = trouble
    const { ids } = startIds(t, registry, {}, first.path)
    assert.equal(await ids.idOf(fingerprint), id)
    assert.equal(ids.readiness().ready, true)
    await until(() => /not reached/.test(ids.readiness().reason ?? ''))
    registry.trouble = () => false
  }
})

test('S1, S3: and without it they come when the trouble is over, with the reason at hand until then', async (t) => {
  for (const [trouble, reason] of [
    [page, /status 502/],
    [overloaded, /slow down/],
    [failing, /store/],
  ] as const) {
    const registry = await FakeSchemaRegistry.start(t)
    registry.add(subject, text)
    registry.trouble = trouble
    const { ids } = startIds(t, registry)
    const waiting = ids.idOf(fingerprint)
    await until(() => reason.test(ids.readiness().reason ?? ''))
    registry.trouble = () => false
    assert.equal(await waiting, 1)
  }
})

test('S4: other ids after a restart are noticed by the lost connection; in register mode nobody has to do anything', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  const { ids, telemetry, remembered } = startIds(t, registry, { mode: 'register' })
  assert.equal(await ids.idOf(fingerprint), 1)
  await registry.stop()
  registry.wipe()
  registry.add('other', '"string"')
  await registry.restart()
  await until(() => ids.idOf(fingerprint) === 2)
  assert.equal(telemetry.values.get(`registry_relay_schema_id_changes_total ${subject}`), 1)
  await until(() => remembered() === 2)
})

test('S4: another schema under the id is noticed within the time of revalidation, though the registry was never away', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  registry.add(subject, text)
  const { ids, telemetry } = startIds(t, registry, { revalidateMs: 100 })
  assert.equal(await ids.idOf(fingerprint), 1)
  registry.wipe()
  registry.add('other', '"string"')
  await until(() => /has no schema/.test(ids.readiness().reason ?? ''))
  const waiting = ids.idOf(fingerprint)
  assert.ok(waiting instanceof Promise)
  registry.add(subject, text)
  assert.equal(await waiting, 2)
  assert.equal(telemetry.values.get(`registry_relay_schema_id_changes_total ${subject}`), 1)
})

test('a damaged file is said and written anew', async (t) => {
  const registry = await FakeSchemaRegistry.start(t)
  registry.add(subject, text)
  const path = filePath(t)
  writeFileSync(path, '{"version":1,"subj')
  const { ids, telemetry, remembered } = startIds(t, registry, {}, path)
  assert.equal(await ids.idOf(fingerprint), 1)
  assert.equal(telemetry.logged('warn', /cannot be used/).length, 1)
  await until(() => {
    try {
      return remembered() === 1
    } catch {
      return false
    }
  })
})
