import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeInOrder } from '../../../../src/kafka/kafkajs/orderly-close.ts'

function client(outcome: Promise<void>): {
  calls: string[]
  connect(): Promise<void>
  disconnect(): Promise<void>
} {
  const calls: string[] = []
  return {
    calls,
    async connect() {
      calls.push('connect')
      await outcome.finally(() => calls.push('connected'))
    },
    async disconnect() {
      calls.push('disconnect')
    },
  }
}

test('a client that is closed while it connects is closed once it has connected', async () => {
  const made = client(Promise.resolve())
  const { calls } = made
  closeInOrder(made)
  const connecting = made.connect()
  await made.disconnect()
  await connecting
  assert.deepEqual(calls, ['connect', 'connected', 'disconnect'])
})

test('a connect that fails tells its caller, and does not keep the client from being closed', async () => {
  const made = client(Promise.reject(new Error('refused')))
  closeInOrder(made)
  const connecting = made.connect()
  await made.disconnect()
  await assert.rejects(connecting, /refused/)
  assert.equal(made.calls.at(-1), 'disconnect')
})

test('a client that never connected is closed at once', async () => {
  const made = client(Promise.resolve())
  closeInOrder(made)
  await made.disconnect()
  assert.deepEqual(made.calls, ['disconnect'])
})
