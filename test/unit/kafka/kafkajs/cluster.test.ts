import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { isRelayError } from '../../../../src/errors.ts'
import { clusterOf } from '../../../../src/kafka/kafkajs/cluster.ts'

const { prototype } = createRequire(import.meta.url)('kafkajs/src/cluster')

const admin = (): kafkajs.Admin =>
  new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING }).admin()

test("the client's admin asks its cluster for a coordinator before it waits for anything, each admin its own", () => {
  const one = admin()
  const cluster = clusterOf(one)
  assert.equal(clusterOf(one), cluster)
  assert.notEqual(clusterOf(admin()), cluster)
  assert.equal(Object.getPrototypeOf(cluster), prototype)
})

test("the client's own method is back when the cluster is found", () => {
  const before = prototype.findGroupCoordinator
  clusterOf(admin())
  assert.equal(prototype.findGroupCoordinator, before)
})

test('an admin that does not ask its cluster at once is a client that has changed', () => {
  const changed = { fetchOffsets: async () => [] }
  assert.throws(
    () => clusterOf(changed),
    (error) => isRelayError(error, 'KAFKA_CLIENT_CHANGED'),
  )
})
