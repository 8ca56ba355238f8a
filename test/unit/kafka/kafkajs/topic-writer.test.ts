import assert from 'node:assert/strict'
import { test } from 'node:test'
import kafkajs from 'kafkajs'
import { isRelayError } from '../../../../src/errors.ts'
import type { KafkaClient } from '../../../../src/kafka/kafkajs/client.ts'
import { KafkaTopicWriter } from '../../../../src/kafka/kafkajs/topic-writer.ts'

const record = {
  topic: 'dead',
  key: null,
  value: null,
  headers: new Map<string, readonly Buffer[]>(),
}

test('what a connect that failed left open is closed with the writer', async () => {
  const seen: string[] = []
  const producer = {
    async connect() {
      seen.push('connect')
      throw new kafkajs.KafkaJSConnectionError('connect ECONNREFUSED')
    },
    async disconnect() {
      seen.push('disconnect')
    },
  }
  const writer = new KafkaTopicWriter({ producer: () => producer } as unknown as KafkaClient)
  await assert.rejects(writer.write(record), (error) => isRelayError(error, 'KAFKA_UNAVAILABLE'))
  await writer.close()
  assert.deepEqual(seen, ['connect', 'disconnect'])
})
