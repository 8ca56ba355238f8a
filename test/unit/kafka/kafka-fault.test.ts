import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { isRelayError, RelayError } from '../../../src/errors.ts'
import { kafkaCode, kafkaFault } from '../../../src/kafka/kafka-fault.ts'

test('what the client says of brokers becomes an error that may pass, by what is at its root', () => {
  const refused = new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED', {
    broker: 'h:1',
    code: 'ECONNREFUSED',
  })
  const given = new kafkajs.KafkaJSNumberOfRetriesExceeded(refused, { retryCount: 5, retryTime: 1 })
  const fault = kafkaFault(given)
  assert.ok(isRelayError(fault, 'KAFKA_UNAVAILABLE'))
  assert.equal(fault.message, refused.message)
  const denied = Object.assign(new Error('no'), { name: 'KafkaJSSASLAuthenticationError' })
  assert.ok(isRelayError(kafkaFault(denied), 'KAFKA_CONFIGURATION'))
})

test('a defect and an error of the relay stay what they are', () => {
  const defect = new TypeError('x')
  assert.equal(
    kafkaFault(Object.assign(new kafkajs.KafkaJSNonRetriableError('ended'), { cause: defect })),
    defect,
  )
  const ours = new RelayError('COMMIT_METADATA_TOO_LARGE', 'x', { cause: defect })
  assert.equal(kafkaFault(ours), ours)
})

test('the code of an error says whether somebody must do something, by what is at its root', () => {
  const denied = Object.assign(new Error('no'), { type: 'TOPIC_AUTHORIZATION_FAILED' })
  const wrapped = Object.assign(new kafkajs.KafkaJSNonRetriableError('ended'), { cause: denied })
  assert.equal(kafkaCode(wrapped), 'KAFKA_CONFIGURATION')
  assert.equal(kafkaCode(new kafkajs.KafkaJSConnectionError('ECONNREFUSED')), 'KAFKA_UNAVAILABLE')
})
