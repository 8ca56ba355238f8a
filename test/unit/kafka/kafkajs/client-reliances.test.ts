// What this package takes for granted of the inside of its Kafka client, one test each, on the client's own code: a test that
// fails here says that the client has changed, and which rule rests on what it did.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { rootCause } from '../../../../src/kafka/classify.ts'
import { patchKafkajs } from '../../../../src/kafka/kafkajs/patches.ts'

const require = createRequire(import.meta.url)
const createEosManager = require('kafkajs/src/producer/eosManager')
const createProducer = require('kafkajs/src/producer')
const createSendMessages = require('kafkajs/src/producer/sendMessages')
const createRetry = require('kafkajs/src/retry')
const groupMessagesPerPartition = require('kafkajs/src/producer/groupMessagesPerPartition')
const RequestQueue = require('kafkajs/src/network/requestQueue')
const { createErrorFromCode, staleMetadata } = require('kafkajs/src/protocol/error')

interface Warning {
  readonly message: string
}

class ClientLog {
  readonly warnings: Warning[] = []
  namespace(): ClientLog {
    return this
  }
  debug(): void {}
  info(): void {}
  error(): void {}
  warn(message: string): void {
    this.warnings.push({ message })
  }
}

interface Produced {
  readonly broker: number
  readonly partition: number
  readonly firstSequence: number
}

/** The client's own send and sequences, over brokers that the test answers for. */
async function idempotentSend(
  answer: (sent: Produced, attempt: number) => void,
  { retries = Number.NaN, leaders = () => [1, 1] as readonly number[] } = {},
) {
  const logger = new ClientLog()
  const sent: Produced[] = []
  const byLeader = (partitions: readonly string[]): Record<string, number[]> => {
    const found: Record<string, number[]> = {}
    for (const partition of partitions.map(Number)) {
      const leader = String(leaders()[partition])
      found[leader] = [...(found[leader] ?? []), partition]
    }
    return found
  }
  const broker = (nodeId: number): object => ({
    nodeId,
    initProducerId: async () => ({ producerId: 7, producerEpoch: 0 }),
    produce: async ({
      topicData,
    }: {
      topicData: { partitions: { partition: number; firstSequence: number }[] }[]
    }) => {
      const partitions = topicData.flatMap((topic) => topic.partitions)
      const first = sent.length
      for (const { partition, firstSequence } of partitions)
        sent.push({ broker: nodeId, partition, firstSequence })
      for (const one of sent.slice(first)) answer(one, sent.length)
      return {
        topics: [
          {
            topicName: 't',
            partitions: partitions.map(({ partition }) => ({ partition, errorCode: 0, baseOffset: '0' })),
          },
        ],
      }
    },
  })
  const brokers = new Map([1, 2].map((nodeId) => [nodeId, broker(nodeId)]))
  const cluster = {
    retry: {},
    refreshMetadataIfNecessary: async () => {},
    refreshMetadata: async () => {},
    addMultipleTargetTopics: async () => {},
    isConnected: () => true,
    findControllerBroker: async () => brokers.get(1),
    findTopicPartitionMetadata: () => leaders().map((leader, partitionId) => ({ partitionId, leader })),
    findLeaderForPartitions: (_topic: string, partitions: string[]) => byLeader(partitions),
    findBroker: async ({ nodeId }: { nodeId: string }) => brokers.get(Number(nodeId)),
  }
  const eosManager = createEosManager({ logger, cluster, transactional: false })
  await eosManager.initProducerId()
  const send = createSendMessages({
    logger,
    cluster,
    eosManager,
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
    retrier: createRetry({ initialRetryTime: 1, maxRetryTime: 1, retries }),
  })
  return {
    sent,
    eosManager,
    send: (...partitions: number[]): Promise<{ partition: number }[]> =>
      send({
        acks: -1,
        timeout: 1_000,
        topicMessages: [{ topic: 't', messages: partitions.map((partition) => ({ partition, value: 'x' })) }],
      }),
  }
}

test('P3: sequence numbers go forward with a confirmed send, and back with a failed one, of its request alone', async () => {
  let failing = false
  const client = await idempotentSend(() => {
    if (failing) throw new Error('socket hang up')
  })
  await client.send(0, 0, 1)
  failing = true
  await assert.rejects(client.send(0))
  failing = false
  await client.send(0)
  assert.deepEqual(
    client.sent.filter(({ partition }) => partition === 0).map(({ firstSequence }) => firstSequence),
    [0, 2, 2],
    'the repeat must go out with the numbers of what failed',
  )
})

test('P3: after a failure the client gives the same numbers to whatever comes next, so it must be the same batch', async () => {
  let failing = true
  const client = await idempotentSend(() => {
    if (failing) throw createErrorFromCode(7)
  })
  await assert.rejects(client.send(0))
  failing = false
  await client.send(0, 0)
  assert.deepEqual(
    client.sent.filter(({ partition }) => partition === 0).map(({ firstSequence }) => firstSequence),
    [0, 0],
  )
})

test('P1: left to itself the client resolves a send without a partition that moved to a broker which had answered', async () => {
  let leaders = [1, 2]
  const client = await idempotentSend(
    ({ broker }) => {
      if (broker !== 1) return
      leaders = [2, 2]
      throw createErrorFromCode(6)
    },
    { retries: 3, leaders: () => leaders },
  )
  const replies = await client.send(0, 1)
  assert.deepEqual(
    replies.map(({ partition }) => partition),
    [1],
    'it would be the guard that is superfluous if partition 0 were there',
  )
})

test('P4: NaN passes the check for retries and means one attempt; without a number the client stops after five', async () => {
  for (const [retry, attempts] of [
    [{ retries: Number.NaN }, 1],
    [{}, 6],
  ] as const) {
    let made = 0
    const retried = createRetry({ initialRetryTime: 1, maxRetryTime: 1, ...retry })(async () => {
      made += 1
      throw Object.assign(new Error('again'), { retriable: true })
    })
    await assert.rejects(retried)
    assert.equal(made, attempts)
  }
  const make = (retry: object): void => {
    createProducer({ cluster: {}, logger: new ClientLog(), idempotent: true, retry })
  }
  make({ retries: Number.NaN })
  assert.throws(() => make({ retries: 0 }), /must allow retries/)
})

test('P6: the client goes to 0 at the end of its sequence numbers, where a broker expects the next one modulo 2^31', async () => {
  const { eosManager } = await idempotentSend(() => {})
  eosManager.updateSequence('t', 0, 2 ** 31 - 2)
  eosManager.updateSequence('t', 0, 5)
  assert.equal(eosManager.getSequence('t', 0), 0, 'a broker would expect 3')
})

test('P8: whatever happened, the client says that it is not retriable, and the root cause says what happened', async () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), {
    name: 'KafkaJSConnectionError',
    code: 'ECONNREFUSED',
  })
  const failed = createRetry({ initialRetryTime: 1, maxRetryTime: 1, retries: Number.NaN })(async () => {
    throw refused
  })
  await assert.rejects(failed, (error) => {
    assert.equal((error as { retriable: boolean }).retriable, false)
    assert.equal(rootCause(error), refused)
    return true
  })
})

test('P10: the client copies a batch for every record of it, so batches are kept short', () => {
  let copied = 0
  const messages = Array.from({ length: 50 }, () => ({ value: 'x' }))
  const assign = Object.assign
  Object.assign = (target: object, source: Record<number, unknown[]>): object => {
    copied += source[0]?.length ?? 0
    return assign(target, source)
  }
  try {
    groupMessagesPerPartition({ topic: 't', partitionMetadata: [{}], messages, partitioner: () => 0 })
  } finally {
    Object.assign = assign
  }
  assert.equal(copied, (50 * 51) / 2)
})

test('P13: without the patch an idle connection arms a timer for ever, with it none, and what waits is looked after', () => {
  const queue = () =>
    new RequestQueue({ requestTimeout: 1_000, maxInFlightRequests: null, logger: new ClientLog() })
  const { original } = patchedPrototype()
  const bare = queue()
  original.call(bare)
  assert.notEqual(bare.throttleCheckTimeoutId, null, 'the patch would be superfluous')
  bare.destroy()
  const patched = queue()
  patched.checkPendingRequests()
  assert.equal(patched.throttleCheckTimeoutId, null)
  patched.pending.push({})
  patched.scheduleCheckPendingRequests()
  assert.notEqual(patched.throttleCheckTimeoutId, null)
  patched.destroy()
})

test('rule 7: the client looks for leaders after an error named KafkaJSMetadataNotLoaded, and not after a time-out', () => {
  const text = String(createSendMessages)
  assert.match(text, /e\.name === 'KafkaJSMetadataNotLoaded'/)
  assert.doesNotMatch(text, /KafkaJSRequestTimeoutError/)
  assert.equal(staleMetadata(createErrorFromCode(6)), true)
  assert.equal(staleMetadata(createErrorFromCode(3)), true, 'a refused partition finds its leader that way')
})

/** The method of the client as it came, whether or not another test of this file patched it before. */
function patchedPrototype(): { original: () => void } {
  const path = require.resolve('kafkajs/src/network/requestQueue')
  const cached = require.cache[path]
  delete require.cache[path]
  const fresh = require(path) as typeof RequestQueue
  require.cache[path] = cached
  patchKafkajs()
  return { original: fresh.prototype.scheduleCheckPendingRequests }
}
