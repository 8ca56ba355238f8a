import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { proveEvent } from '../../../src/avro/proof.ts'
import type { EventRecord } from '../../../src/avro/record.ts'
import { RelayError } from '../../../src/errors.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import type { GatewayItem, QuarantineRecord } from '../../../src/gateway/gateway-item.ts'
import { createIntake } from '../../../src/gateway/intake.ts'
import { KafkaRoute } from '../../../src/gateway/kafka-route.ts'
import { createOversize } from '../../../src/gateway/oversize.ts'
import { createQuarantine, keptBytes } from '../../../src/gateway/quarantine.ts'
import { QuarantineFiles } from '../../../src/gateway/quarantine-files.ts'
import { nodeDisk } from '../../../src/spool/node-disk.ts'
import { RecordingSink } from '../../../src/testing/recording-sink.ts'
import { settle } from '../../support/manual-clock.ts'
import { CountedTelemetry } from '../kafka/counted-telemetry.ts'
import { eventItem, quarantineItem } from './items.ts'

const quarantine = createQuarantine()

/** A topic that refuses records above a size, as a broker does. */
function limitedTopic<T extends EventRecord | QuarantineRecord>(maxBytes: number): RecordingSink<T> {
  return new RecordingSink<T>({
    onWrite(records) {
      for (const record of records) {
        const { length } = 'datum' in record ? record.datum : record.value
        if (length > maxBytes)
          throw new RelayError('TOO_LARGE', `${length} bytes, and the topic takes ${maxBytes}`)
      }
    },
  })
}

function bed(files?: QuarantineFiles) {
  const events = limitedTopic<EventRecord>(100_000)
  const rejected = limitedTopic<QuarantineRecord>(100_000)
  const telemetry = new CountedTelemetry()
  const oversize = createOversize(files)
  const route = new KafkaRoute({ events, rejected, quarantine, oversize, telemetry })
  return { events, rejected, route, telemetry }
}

const bigBody = Buffer.from(
  `{"events":[{"id":"big","target":{"repository":"library/app"},"request":{"useragent":"${'u'.repeat(200_000)}"}}]}`,
)

function itemsOf(body: Buffer): readonly GatewayItem[] {
  return createIntake({ quarantine })(body, { contentType: 'application/json' }).items
}

function filesIn(t: TestContext, maxBytes = 10_000_000): { folder: string; files: QuarantineFiles } {
  const parent = mkdtempSync(join(tmpdir(), 'rejected-'))
  t.after(() => rmSync(parent, { recursive: true, force: true }))
  const folder = join(parent, 'rejected')
  return { folder, files: new QuarantineFiles({ folder, disk: nodeDisk, maxBytes }) }
}

test('events and what was rejected go to their topics, in the order of the items', async () => {
  const { events, rejected, route } = bed()
  await route.write([eventItem('a'), quarantineItem('x'), eventItem('b'), quarantineItem('y')])
  assert.deepEqual(
    events.items.map(({ datum }) => String(datum)),
    ['a', 'b'],
  )
  assert.deepEqual(
    rejected.items.map(({ value }) => String(value)),
    ['x', 'y'],
  )
})

test('an event too large for its topic is kept whole in a file, and its beginning with the name of it in the topic', async (t) => {
  const { folder, files } = filesIn(t)
  const { events, rejected, route, telemetry } = bed(files)
  await route.write([...itemsOf(bigBody), eventItem('next')])
  assert.equal(telemetry.values.get('registry_relay_gateway_diverted_events_total too_large'), 1)
  const [line] = telemetry.logged('warn', /kept in the topic of what was rejected/)
  assert.equal(line?.facts['repository'], 'library/app')
  assert.deepEqual(
    events.items.map(({ datum }) => String(datum)),
    ['next'],
  )

  const [record] = rejected.items
  assert.ok(record)
  const { headers } = record
  assert.equal(String(record.key), 'library/app')
  assert.equal(headers['x-rejected-reason'], 'TOO_LARGE')
  assert.equal(headers['x-rejected-content'], 'file')
  assert.equal(headers['x-rejected-bytes'], String(bigBody.length))
  assert.equal(headers['x-rejected-sha256'], createHash('sha256').update(bigBody).digest('hex'))
  assert.deepEqual(record.value, bigBody.subarray(0, keptBytes))
  assert.deepEqual(readdirSync(folder), [headers['x-rejected-file']])
  const file = join(folder, String(headers['x-rejected-file']))
  assert.deepEqual(readFileSync(file), bigBody)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal(statSync(folder).mode & 0o777, 0o700)

  // Sent again, as after a crash between the file and the topic: the same name, no second file.
  const oversize = createOversize(files)
  const repeated = await oversize({ ...record, value: bigBody })
  assert.equal(repeated.headers['x-rejected-file'], headers['x-rejected-file'])
  assert.equal(readdirSync(folder).length, 1)
})

test('without files, or without room for one, the event is cut: its beginning, length and hash are in the topic', async (t) => {
  for (const files of [undefined, filesIn(t, 1_000).files]) {
    const { rejected, route } = bed(files)
    await route.write(itemsOf(bigBody))
    const [record] = rejected.items
    assert.equal(record?.headers['x-rejected-content'], 'beginning')
    assert.equal(record?.headers['x-rejected-bytes'], String(bigBody.length))
    assert.equal(record?.headers['x-rejected-file'], undefined)
    assert.deepEqual(record?.value, bigBody.subarray(0, keptBytes))
  }
})

test('a file that cannot be written holds nothing up: what it should keep is cut', async () => {
  const files = new QuarantineFiles({ folder: '/dev/null/folder', disk: nodeDisk, maxBytes: 1_000_000 })
  const { rejected, route } = bed(files)
  await route.write(itemsOf(bigBody))
  assert.equal(rejected.items[0]?.headers['x-rejected-content'], 'beginning')
})

test('a rejected body too large for its topic is cut as well, and keeps why it was rejected', async () => {
  const { rejected, route } = bed()
  const body = Buffer.alloc(200_000, 'x')
  await route.write([quarantine({ reason: 'NOT_AN_ENVELOPE', message: 'no', content: body }, {})])
  const [record] = rejected.items
  assert.equal(record?.headers['x-rejected-reason'], 'NOT_AN_ENVELOPE')
  assert.equal(record?.headers['x-rejected-bytes'], '200000')
  assert.equal(record?.value.length, keptBytes)
})

test('a topic that does not even take a beginning gets the length and hash, and nothing is tried for ever', async () => {
  const tiny = limitedTopic<QuarantineRecord>(100)
  const small = new KafkaRoute({
    events: limitedTopic(1),
    rejected: tiny,
    quarantine,
    oversize: createOversize(),
  })
  await small.write(itemsOf(bigBody))
  const [record] = tiny.items
  assert.equal(record?.headers['x-rejected-content'], 'digest')
  assert.equal(record.headers['x-rejected-bytes'], String(bigBody.length))
  assert.equal(record.value.length, 0)
})

test('an event whose repository alone is larger than a record may be is kept as rejected under its beginning', async () => {
  const events = limitedTopic<EventRecord>(1_000)
  const rejected = new RecordingSink<QuarantineRecord>({
    onWrite([record]) {
      if ((record?.key.length ?? 0) > 1_000) throw new RelayError('TOO_LARGE', 'the key')
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize() })
  await route.write(itemsOf(Buffer.from(`{"events":[{"target":{"repository":"${'r'.repeat(5_000)}"}}]}`)))
  assert.equal(String(rejected.items[0]?.key), 'r'.repeat(512))
})

test('an event that the broker refuses for good is kept with the Envelope it came in', async () => {
  const body = Buffer.from('{"events":[{"id":"odd","target":{"repository":"r"}}]}')
  const { rejected } = bed()
  const events = new RecordingSink<EventRecord>({
    onWrite() {
      throw new RelayError('RECORD_REJECTED', 'INVALID_TIMESTAMP')
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize() })
  await route.write(itemsOf(body))
  const [record] = rejected.items
  assert.equal(record?.headers['x-rejected-reason'], 'RECORD_REJECTED')
  assert.equal(record?.headers['content-type'], 'application/json')
  assert.deepEqual(record?.value, body)
})

test('an event of another schema version is kept as its Avro bytes, because this version cannot read them', async () => {
  const { rejected, route } = bed()
  const [received] = readEnvelope(bigBody).events
  assert.ok(received)
  const { datum } = proveEvent(received, 'application/json')
  const item = eventItem('old')
  await route.write([{ ...item, record: { ...item.record, datum } }])
  assert.equal(rejected.items[0]?.headers['content-type'], 'application/avro')
  assert.deepEqual(rejected.items[0]?.value, datum.subarray(0, keptBytes))
})

test('a write rejects when an item is nowhere, and only after all its items have their outcome', async () => {
  const rejected = new RecordingSink<QuarantineRecord>()
  const release = rejected.hold()
  const events = new RecordingSink<EventRecord>({
    onWrite() {
      throw new RelayError('KAFKA_UNAVAILABLE', 'no broker')
    },
  })
  const telemetry = new CountedTelemetry()
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize(), telemetry })
  let open = true
  const write = route.write([eventItem('a'), quarantineItem('x')]).finally(() => {
    open = false
  })
  write.catch(() => {})
  await settle()
  assert.ok(open)
  release()
  await assert.rejects(write, { code: 'KAFKA_UNAVAILABLE' })
  assert.deepEqual(
    rejected.items.map(({ value }) => String(value)),
    ['x'],
  )
  // It will come again with the write, and is there twice then.
  assert.equal(telemetry.values.get('registry_relay_gateway_events_stored_beside_failure_total'), 1)
})

test('what is stored of a write that fails is counted once, however deep in it the failure is', async () => {
  const { rejected, telemetry } = bed()
  // Of four events one is stored, one will never be, one finds no broker, and one is stored at the second try.
  const events = new RecordingSink<EventRecord>({
    onWrite(records) {
      const texts = records.map(({ datum }) => String(datum))
      if (records.length > 1) {
        const refused = texts.flatMap((text, index) => (text === 'first' ? [] : [{ index, reason: 'no' }]))
        throw new RelayError('TOO_LARGE', 'no', { facts: { rejected: refused } })
      }
      if (texts[0] === 'large') throw new RelayError('TOO_LARGE', 'no')
      if (texts[0] === 'nowhere') throw new RelayError('KAFKA_UNAVAILABLE', 'no broker')
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize(), telemetry })
  const items = ['first', 'large', 'nowhere', 'second'].map((text) => eventItem(text))
  await assert.rejects(route.write([...items, quarantineItem('x')]), { code: 'KAFKA_UNAVAILABLE' })
  // Stored: first, large (as rejected), second, and what was rejected anyway.
  assert.equal(telemetry.values.get('registry_relay_gateway_events_stored_beside_failure_total'), 4)
})

test('the events of one notification are one write, so that there is room for all of them or for none', async () => {
  const { events, route } = bed()
  await route.write([eventItem('a'), quarantineItem('x'), eventItem('b')])
  assert.deepEqual(
    events.writes.map((records) => records.map(({ datum }) => String(datum))),
    [['a', 'b']],
  )
})

test('where one event of several is refused for good the others are in the topic once, and that one is kept', async () => {
  const rejected = new RecordingSink<QuarantineRecord>()
  const stored: string[] = []
  // As Kafka does it: the others are in the topic, and the error says which is not.
  const events = new RecordingSink<EventRecord>({
    onWrite(records) {
      const texts = records.map(({ datum }) => String(datum))
      stored.push(...texts.filter((text) => text !== 'bad'))
      const index = texts.indexOf('bad')
      if (index === -1) return
      throw new RelayError('RECORD_REJECTED', 'no', { facts: { rejected: [{ index, reason: 'no' }] } })
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize() })
  const old = eventItem('bad')
  const foreign = { ...old, record: { ...old.record, fingerprint: 'cd'.repeat(32) } }
  await route.write([eventItem('a'), foreign, eventItem('b')])
  assert.deepEqual(stored, ['a', 'b'])
  assert.deepEqual(
    rejected.items.map(({ value }) => String(value)),
    ['bad'],
  )
})

test('an event of a schema that this version does not have is kept as rejected with its fingerprint, and not tried for ever', async () => {
  const { rejected } = bed()
  const events = new RecordingSink<EventRecord>({
    onWrite() {
      throw new RelayError('SCHEMA_NOT_REGISTERED', 'unknown')
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize() })
  const item = eventItem('newer')
  const foreign = { ...item, record: { ...item.record, fingerprint: 'cd'.repeat(32) } }
  await route.write([foreign])
  const [record] = rejected.items
  assert.equal(record?.headers['x-rejected-reason'], 'SCHEMA_NOT_REGISTERED')
  assert.equal(record.headers['x-schema-fingerprint'], 'cd'.repeat(32))
  assert.equal(String(record.value), 'newer')
  // Its own schema may be registered any moment.
  const [own] = itemsOf(Buffer.from('{"events":[{"id":"own"}]}'))
  assert.ok(own)
  await assert.rejects(route.write([own]), { code: 'SCHEMA_NOT_REGISTERED' })
})

test('where events go to several topics, what one of them took is not written again for what another refused', async () => {
  const { rejected } = bed()
  const stored: string[] = []
  // As a routed sink tells it: of two topics one refused all of its part, because one record is too large.
  const events = new RecordingSink<EventRecord>({
    onWrite(records) {
      const texts = records.map(({ datum }) => String(datum))
      if (records.length === 1) {
        if (texts[0] === 'large') throw new RelayError('TOO_LARGE', 'no')
        stored.push(...texts)
        return
      }
      stored.push(...texts.filter((text) => text === 'elsewhere'))
      const left = texts.flatMap((text, index) => (text === 'elsewhere' ? [] : [{ index, reason: 'no' }]))
      throw new RelayError('TOO_LARGE', 'no', { facts: { rejected: left } })
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize() })
  await route.write([eventItem('elsewhere'), eventItem('large'), eventItem('beside')])
  assert.deepEqual(stored, ['elsewhere', 'beside'])
  assert.equal(rejected.items.length, 1)
})

test('an event of a schema that nobody has is kept as rejected, also where it came with others', async () => {
  const { rejected } = bed()
  const stored: string[] = []
  const unknown = eventItem('unknown').record.fingerprint
  const events = new RecordingSink<EventRecord>({
    onWrite(records) {
      if (records.some(({ fingerprint }) => fingerprint === unknown)) {
        throw new RelayError('SCHEMA_NOT_REGISTERED', 'not ours')
      }
      stored.push(...records.map(({ key }) => String(key)))
    },
  })
  const route = new KafkaRoute({ events, rejected, quarantine, oversize: createOversize() })
  const known = itemsOf(Buffer.from('{"events":[{"id":"known","target":{"repository":"known"}}]}'))
  await route.write([eventItem('unknown'), ...known])
  assert.deepEqual(stored, ['known'])
  assert.equal(rejected.items.length, 1)
  assert.equal(rejected.items[0]?.headers['x-rejected-reason'], 'SCHEMA_NOT_REGISTERED')
})

test('an event that is kept as rejected stays in its trace', async () => {
  const { rejected, route } = bed()
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', tracestate: 'a=b' }
  const { items } = createIntake({ quarantine })(bigBody, { contentType: 'application/json', trace })
  await route.write(items)
  const [record] = rejected.items
  assert.deepEqual(
    [record?.headers['traceparent'], record?.headers['tracestate']],
    [trace.traceparent, trace.tracestate],
  )
})
