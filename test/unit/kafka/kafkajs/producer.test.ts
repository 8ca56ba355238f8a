import assert from 'node:assert/strict'
import { test } from 'node:test'
import type kafkajs from 'kafkajs'
import { isRelayError } from '../../../../src/errors.ts'
import { kafkaConnection } from '../../../../src/kafka/connection.ts'
import type { KafkaClient } from '../../../../src/kafka/kafkajs/client.ts'
import type { InstructedMessage } from '../../../../src/kafka/kafkajs/partition-guard.ts'
import { kafkajsProducers } from '../../../../src/kafka/kafkajs/producer.ts'

/** A client whose producers keep what they are told, and partition messages as the real one does. */
class SpiedClient implements KafkaClient {
  readonly connection = kafkaConnection({ brokers: ['a:1'] })
  readonly configs: kafkajs.ProducerConfig[] = []
  readonly sends: kafkajs.ProducerRecord[] = []
  leader = 1

  producer(config: kafkajs.ProducerConfig): kafkajs.Producer {
    this.configs.push(config)
    const partitioner = config.createPartitioner?.()
    const send = async (record: kafkajs.ProducerRecord): Promise<kafkajs.RecordMetadata[]> => {
      this.sends.push(record)
      const partitionMetadata = [
        { partitionId: 0, leader: this.leader, partitionErrorCode: 0, replicas: [], isr: [] },
      ]
      for (const message of record.messages)
        partitioner?.({ topic: record.topic, partitionMetadata, message })
      return [{ topicName: record.topic, partition: 0, errorCode: 0, baseOffset: '5' }]
    }
    return { send, connect: async () => {}, disconnect: async () => {} } as unknown as kafkajs.Producer
  }

  consumer(): kafkajs.Consumer {
    throw new Error('not asked for')
  }

  admin(): kafkajs.Admin {
    throw new Error('not asked for')
  }
}

const batch = { partition: 0, records: [{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: '1' }] }

test('P4 (rules 1, 3, 12): the producer is idempotent, makes one attempt, and creates no topic', () => {
  const client = new SpiedClient()
  kafkajsProducers(client, { topic: 't' })(() => {})
  const [{ idempotent, allowAutoTopicCreation, retry } = assert.fail('none was made')] = client.configs
  assert.deepEqual(
    { idempotent, allowAutoTopicCreation, retry },
    {
      idempotent: true,
      allowAutoTopicCreation: false,
      retry: { retries: Number.NaN },
    },
  )
})

test('P14: a producer sends to its own topic and to no other, so the fate of another topic cannot reach it', async () => {
  const client = new SpiedClient()
  const make = (topic: string) => kafkajsProducers(client, { topic })(() => {})
  const [a, b] = [make('a'), make('b')]
  await a.produce(1, [batch])
  await b.produce(1, [batch])
  await a.refreshLeaders()
  assert.equal(client.configs.length, 2, 'they share a producer')
  assert.deepEqual(
    client.sends.map(({ topic }) => topic),
    ['a', 'b', 'a', 'a'],
  )
})

test('rule 12: the broker gives up waiting for replicas before the client gives up waiting for the broker', async () => {
  const client = new SpiedClient()
  await kafkajsProducers(client, { topic: 't' })(() => {}).produce(1, [batch])
  const [{ acks, timeout = 0 } = assert.fail('nothing was sent')] = client.sends
  assert.equal(acks, -1)
  assert.ok(timeout < client.connection.requestTimeoutMs && timeout > 9_000, `${timeout} ms`)
})

test('P1 (rule 2): a broker that does not lead the partition by now is a typed error, and nothing was sent', async () => {
  const client = new SpiedClient()
  const producer = kafkajsProducers(client, { topic: 't' })(() => {})
  assert.deepEqual(await producer.produce(1, [batch]), [{ partition: 0, errorCode: 0, baseOffset: '5' }])
  client.leader = 2
  await assert.rejects(producer.produce(1, [batch]), (error) => isRelayError(error, 'LEADER_MOVED'))
})

test('every message of a send carries its partition and one shared instruction', async () => {
  const client = new SpiedClient()
  const producer = kafkajsProducers(client, { topic: 't' })(() => {})
  await producer.produce(1, [{ ...batch, records: [...batch.records, ...batch.records] }])
  const messages = client.sends[0]?.messages as InstructedMessage[]
  assert.deepEqual(
    messages.map(({ partition }) => partition),
    [0, 0],
  )
  assert.equal(messages[0]?.instruction, messages[1]?.instruction)
})
