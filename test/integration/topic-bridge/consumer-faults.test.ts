import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import kafkajs from 'kafkajs'
import { registerCodecs } from '../../../src/kafka/kafkajs/compression.ts'
import { until } from '../../support/until.ts'
import { RecordingTelemetry } from '../../unit/topic-bridge/bridge-support.ts'
import { ConsumerBed, KeepingHandler } from './consumer-bed.ts'

let bed: ConsumerBed

before(async () => {
  bed = await ConsumerBed.start()
})
after(() => bed.stop())

const missing = (name: string): never => {
  throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
}

test('a batch in a compression whose package is missing is told with its name, stops nothing for good, and loses nothing', async (t) => {
  const topic = bed.name()
  await bed.create(topic)
  const messages = ['one', 'two'].map((value) => ({ value, partition: 0 }))
  await bed.producer.send({ topic, messages, compression: kafkajs.CompressionTypes.Snappy })
  registerCodecs(missing)
  t.after(() => registerCodecs())
  const telemetry = new RecordingTelemetry()
  const consumer = bed.consumer(topic, topic, telemetry)
  t.after(() => consumer.close())
  const handler = new KeepingHandler()
  await consumer.start(handler)
  const install = 'compression snappy needs the package snappy, which is not installed; npm install snappy'
  const told = (): string => consumer.readiness().reason ?? ''
  await until(() => told().includes(install), { what: told })
  const joins = (): number => telemetry.lines.filter(({ message }) => message === 'joined the group').length
  await until(() => joins() >= 2)
  assert.equal(consumer.readiness().ready, false, 'a member again, and none that can read')
  const errors = telemetry.lines.filter(({ level }) => level === 'error')
  assert.ok(errors.some(({ facts }) => facts['reason'] === install))
  registerCodecs()
  await until(() => handler.values.length === 2)
  assert.deepEqual(handler.values, ['one', 'two'])
})

test('what is only control records is handed over too, so that a commit gets past it', async (t) => {
  const topic = bed.name()
  await bed.create(topic)
  const producer = bed.kafka.producer({
    ...{ allowAutoTopicCreation: false, transactionalId: topic },
    ...{ maxInFlightRequests: 1, idempotent: true },
  })
  await producer.connect()
  t.after(() => producer.disconnect())
  const aborted = await producer.transaction()
  await aborted.send({ topic, messages: [{ partition: 0, value: 'never' }] })
  await aborted.abort()
  const consumer = bed.consumer(topic, topic)
  t.after(() => consumer.close())
  const handler = new KeepingHandler()
  await consumer.start(handler)
  await until(() => handler.batches.at(-1)?.batch.next === 2n)
  assert.deepEqual(handler.values, [])
  await consumer.commit([{ topic, partition: 0, next: 2n, metadata: '' }])
  assert.equal((await bed.remembered(topic, topic))?.offset, '2')
})
