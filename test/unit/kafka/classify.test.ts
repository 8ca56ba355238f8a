import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { RelayError } from '../../../src/errors.ts'
import { classify, type FailureClass, rootCause } from '../../../src/kafka/classify.ts'

const { createErrorFromCode } = createRequire(import.meta.url)('kafkajs/src/protocol/error') as {
  createErrorFromCode(code: number): Error
}

test('classifies error codes of brokers by what helps', () => {
  const table: readonly [code: number, expected: FailureClass][] = [
    [3, 'configuration'],
    [5, 'retry'],
    [6, 'retry'],
    [7, 'retry'],
    [10, 'split'],
    [13, 'retry'],
    [17, 'configuration'],
    [18, 'split'],
    [19, 'retry'],
    [20, 'retry'],
    [29, 'configuration'],
    [31, 'configuration'],
    [32, 'split'],
    [44, 'configuration'],
    [45, 'rebuild'],
    [46, 'duplicate'],
    [47, 'rebuild'],
    [56, 'retry'],
    [58, 'configuration'],
    [59, 'rebuild'],
    [76, 'configuration'],
    [87, 'split'],
    [89, 'retry'],
    [90, 'rebuild'],
  ]
  for (const [code, expected] of table) {
    assert.equal(classify(createErrorFromCode(code)), expected, `code ${code}`)
  }
})

test('P8: looks through the wrappers of the client, which say of everything that it is not retriable', () => {
  const sequence = createErrorFromCode(45)
  const wrapped = new Error('not retriable', { cause: sequence })
  assert.equal(classify(wrapped), 'rebuild')
  assert.equal(rootCause(wrapped), sequence)
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  const exceeded = new Error('gave up', { cause: refused })
  assert.equal(classify(exceeded), 'retry')
})

test('classifies what the client and TLS say', () => {
  const named = (name: string): Error => Object.assign(new Error(name), { name })
  const coded = (code: string): Error => Object.assign(new Error(code), { code })
  const table: readonly [unknown, FailureClass][] = [
    [named('KafkaJSSASLAuthenticationError'), 'configuration'],
    [named('KafkaJSRequestTimeoutError'), 'retry'],
    [named('KafkaJSConnectionError'), 'retry'],
    [named('KafkaJSLockTimeout'), 'retry'],
    [coded('SELF_SIGNED_CERT_IN_CHAIN'), 'configuration'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'configuration'],
    [coded('ECONNRESET'), 'retry'],
    [new RelayError('LEADER_MOVED', 'elsewhere'), 'leader-moved'],
    [named('toString'), 'retry'],
    ['a text', 'retry'],
    [undefined, 'retry'],
  ]
  for (const [error, expected] of table) assert.equal(classify(error), expected, String(error))
})

test('ends at a chain of causes that is a ring', () => {
  const a = new Error('a')
  const b = new Error('b', { cause: a })
  a.cause = b
  assert.equal(classify(a), 'retry')
})
