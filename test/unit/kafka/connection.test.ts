import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { kafkaConnection } from '../../../src/kafka/connection.ts'

test('fills defaults in, with more time to connect under TLS', () => {
  const plain = kafkaConnection({ brokers: ['kafka:9092'] })
  assert.deepEqual(plain, {
    brokers: ['kafka:9092'],
    clientId: 'registry-relay',
    tls: false,
    connectionTimeoutMs: 3_000,
    requestTimeoutMs: 15_000,
    debug: false,
  })
  assert.equal(kafkaConnection({ brokers: ['kafka:9092'], tls: true }).connectionTimeoutMs, 10_000)
})

test('refuses addresses that the client would take for something else', () => {
  for (const brokers of [
    [],
    ['kafka'],
    ['[::1]:9092'],
    ['::1:9092'],
    ['kafka:0'],
    ['kafka:70000'],
    ['a b:1'],
  ]) {
    assert.throws(
      () => kafkaConnection({ brokers }),
      (error) => isRelayError(error, 'CONFIG_INVALID'),
      brokers.join(),
    )
  }
})

test('refuses times that are none', () => {
  for (const requestTimeoutMs of [0, -1, 1.5, Number.NaN]) {
    assert.throws(
      () => kafkaConnection({ brokers: ['kafka:9092'], requestTimeoutMs }),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.includes('requestTimeoutMs'),
    )
  }
})

test('TLS that is asked for at every connection counts as TLS', () => {
  const tls = () => ({ ca: 'pem' })
  assert.equal(kafkaConnection({ brokers: ['kafka:9092'], tls }).connectionTimeoutMs, 10_000)
})
