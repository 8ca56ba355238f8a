import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { fingerprintHeader, frame, unframe } from '../../../src/avro/wire-format.ts'
import { readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../../unit/topic-bridge/bridge-support.ts'
import { BridgeBed, eventOf, TestReceiver } from '../topic-bridge/bridge-bed.ts'

const unknownId = 999_999
const retries = 'registry_relay_bridge_retries_total hook decode SCHEMA_UNKNOWN'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

/** An event in the frame of an id that the registry does not have. */
function unknown(repository: string, sequence: number): Buffer {
  return frame(unknownId, unframe(bed.value(eventOf(repository, sequence))).datum)
}

test('S6: a record of an unknown id waits with its repository, and is delivered when the id is there in time', async (t) => {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  const where = await bed.topic(1)
  const telemetry = new RecordingTelemetry()
  // The real registry, which a replica may be behind of: one id comes late.
  let isThere = false
  const registry = {
    schemaById: async (id: number): Promise<string> =>
      id === unknownId && isThere ? registryEventSchema.text : bed.registry.schemaById(id),
  }
  const decoder = new EventDecoder({ registry, pauseMs: 50 })
  const bridge = bed.bridge(where, receiver.url, { decoder, telemetry })
  t.after(() => bridge.close())

  await bed.produce(where.topic, ['team/known', 'team/late'], 1)
  await bed.send(where.topic, [{ key: 'team/late', value: unknown('team/late', 1) }])
  await bed.produce(where.topic, ['team/known'], 3, 1)
  await bed.produce(where.topic, ['team/late'], 3, 2)
  await bridge.start()

  await until(() => (telemetry.values.get(retries) ?? 0) >= 5)
  await until(() => receiver.taken.length === 4)
  assert.deepEqual(receiver.taken.map(({ id }) => id).toSorted(), [
    'team/known#0',
    'team/known#1',
    'team/known#2',
    'team/late#0',
  ])
  await until(async () => (await bed.committed(where.topic)).get(0) === 2)
  isThere = true
  await until(() => receiver.taken.length === 6)
  await until(() => bed.caughtUp(where.topic))
  assert.deepEqual(receiver.outOfOrder(), [])
  assert.equal((await bed.ends(where.deadLetterTopic)).get(0), 0)
})

test('S6: one that stays unknown for the configured time goes into the dead letters as it is, and its repository goes on', async (t) => {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  const where = await bed.topic(1)
  const telemetry = new RecordingTelemetry()
  const decoder = new EventDecoder({ registry: bed.registry, pauseMs: 50 })
  const bridge = bed.bridge(where, receiver.url, { decoder, telemetry, unknownSchemaMs: 500 })
  t.after(() => bridge.close())

  const value = unknown('team/lost', 0)
  await bed.send(where.topic, [{ key: 'team/lost', value, headers: { 'x-other': 'kept' } }])
  await bed.produce(where.topic, ['team/lost'], 2, 1)
  await bridge.start()

  await until(() => receiver.taken.length === 1)
  assert.equal(receiver.taken[0]?.id, 'team/lost#1')
  assert.ok((telemetry.values.get(retries) ?? 0) > 0)
  const [dead, ...others] = await readRecords(bed.stack.brokers, where.deadLetterTopic)
  assert.deepEqual(others, [])
  assert.deepEqual(dead?.value, value)
  assert.equal(dead?.key, 'team/lost')
  assert.equal(dead?.headers['x-other'], 'kept')
  assert.equal(dead?.headers['__connect.errors.exception.class.name'], 'SCHEMA_UNKNOWN')
  assert.equal(telemetry.values.get('registry_relay_bridge_records_total hook dead_letter'), 1)
  await until(() => bed.caughtUp(where.topic))
})

test('S5: one that names our schema is delivered at once, whatever its id is in the registry, which is counted and said', async (t) => {
  const receiver = await new TestReceiver().listen()
  t.after(() => receiver.close())
  const where = await bed.topic(1)
  const telemetry = new RecordingTelemetry()
  const decoder = new EventDecoder({ registry: bed.registry, telemetry })
  const bridge = bed.bridge(where, receiver.url, { decoder, telemetry })
  t.after(() => bridge.close())

  const headers = { [fingerprintHeader]: registryEventSchema.fingerprint }
  await bed.send(where.topic, [{ key: 'team/app', value: unknown('team/app', 0), headers }])
  await bridge.start()

  await until(() => receiver.taken.length === 1)
  await until(() => telemetry.values.get('registry_relay_record_id_checks_total moved') === 1)
  assert.equal(telemetry.lines.filter(({ message }) => /others cannot/.test(message)).length, 1)
  assert.equal(telemetry.values.has(retries), false)
  await until(() => bed.caughtUp(where.topic))
  assert.equal((await bed.ends(where.deadLetterTopic)).get(0), 0)
})
