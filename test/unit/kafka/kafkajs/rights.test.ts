import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { isRelayError } from '../../../../src/errors.ts'
import type { KafkaClient } from '../../../../src/kafka/kafkajs/client.ts'
import { clusterOf } from '../../../../src/kafka/kafkajs/cluster.ts'
import { KafkaRights } from '../../../../src/kafka/kafkajs/rights.ts'

/** The client's own admin, of which the first connections fail, and a broker that gives every producer an id. */
function rightsWith({ failing }: { readonly failing: number }) {
  const admin = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING }).admin()
  const seen = { connects: 0 }
  admin.connect = async () => {
    seen.connects += 1
    if (seen.connects <= failing) throw new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')
  }
  Object.assign(clusterOf(admin).brokerPool, {
    findConnectedBroker: async () => ({ initProducerId: async () => ({}) }),
  })
  return { rights: new KafkaRights({ admin: () => admin } as unknown as KafkaClient), seen }
}

test('after a connect that failed the next call tries anew, and one that went well is made once', async () => {
  const { rights, seen } = rightsWith({ failing: 1 })
  await assert.rejects(
    rights.mayProduceIdempotently(),
    (error) => isRelayError(error, 'KAFKA_UNAVAILABLE') && /ECONNREFUSED/.test(error.message),
  )
  assert.equal(await rights.mayProduceIdempotently(), true)
  assert.equal(await rights.mayProduceIdempotently(), true)
  assert.equal(seen.connects, 2)
})

test('calls at the same time share one connect', async () => {
  const { rights, seen } = rightsWith({ failing: 0 })
  await Promise.all([rights.mayProduceIdempotently(), rights.mayProduceIdempotently()])
  assert.equal(seen.connects, 1)
})

test('a call after the close connects no more', async () => {
  const { rights, seen } = rightsWith({ failing: 0 })
  await rights.close()
  await assert.rejects(rights.mayProduceIdempotently(), (error) => isRelayError(error, 'SINK_CLOSED'))
  assert.equal(seen.connects, 0)
})

test('a client that has changed is told as that', () => {
  const changed = { fetchOffsets: async () => [] }
  assert.throws(
    () => new KafkaRights({ admin: () => changed } as unknown as KafkaClient),
    (error) => isRelayError(error, 'KAFKA_CLIENT_CHANGED'),
  )
})
