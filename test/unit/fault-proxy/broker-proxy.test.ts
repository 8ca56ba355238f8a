import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { BrokerProxy } from '../../support/fault-proxy/broker-proxy.ts'
import { decodeProduceResponse } from '../../support/fault-proxy/produce-codec.ts'
import { until } from '../../support/until.ts'
import { EchoBroker } from './echo-broker.ts'
import { metadataKey, produceRequest, request } from './frames.ts'
import { RawClient } from './raw-client.ts'

async function proxied(
  t: TestContext,
): Promise<{ broker: EchoBroker; proxy: BrokerProxy; client: () => RawClient }> {
  const broker = await EchoBroker.start(t)
  const proxy = await BrokerProxy.listen(seededRandom(1))
  t.after(() => proxy.close())
  proxy.forwardTo(broker.address)
  return { broker, proxy, client: () => new RawClient(t, proxy.address) }
}

const errorsOf = (response: Buffer): readonly number[] =>
  decodeProduceResponse(response).topics.flatMap(({ partitions }) =>
    partitions.map(({ errorCode }) => errorCode),
  )

test('without a fault every request gets its response, and both are counted', async (t) => {
  const { proxy, client } = await proxied(t)
  const one = client()
  one.send(request(metadataKey, 1), produceRequest(2, [0, 1]), request(metadataKey, 3))
  await one.response(3)
  assert.deepEqual(one.order, [1, 2, 3])
  const { requests, produceRequests, responses, connections } = proxy.counts
  assert.deepEqual([requests, produceRequests, responses, connections], [3, 1, 3, 1])
})

test('a produce request whose response is lost was carried out, and the next one is answered', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  proxy.set({ lost: { connection: 'stays', times: 1 } })
  const one = client()
  one.send(request(metadataKey, 1), produceRequest(2, [0]), produceRequest(3, [0]))
  await one.response(3)
  assert.deepEqual(broker.heard, [1, 2, 3])
  assert.deepEqual(one.order, [1, 3])
  assert.equal(proxy.counts.responsesLost, 1)
})

test('a response that is lost with its connection resets it at both ends', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  proxy.set({ lost: { connection: 'cut', times: 1 } })
  const one = client()
  one.send(produceRequest(1, [0]))
  await until(() => one.ended === 'reset')
  await until(() => broker.connections.size === 0)
  assert.deepEqual(broker.heard, [1])
})

test('responses are lost with the probability that was asked for, the same ones for the same seed', async (t) => {
  const runs = await Promise.all(
    [1, 2].map(async () => {
      const { proxy, client } = await proxied(t)
      proxy.set({ lost: { connection: 'stays', probability: 0.2 } })
      const one = client()
      for (let id = 1; id <= 500; id++) one.send(produceRequest(id, [0]))
      one.send(request(metadataKey, 501))
      await one.response(501)
      return one.order
    }),
  )
  assert.deepEqual(runs[0], runs[1])
  const lost = 501 - (runs[0]?.length ?? 0)
  assert.ok(lost > 60 && lost < 140, `${lost} of 500`)
})

test('an error in place of the broker keeps the request from it; one after it does not', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  const one = client()
  proxy.set({ faked: { errorCode: 45, when: 'instead', times: 1 } })
  one.send(produceRequest(1, [0, 3]))
  assert.deepEqual(errorsOf(await one.response(1)), [45, 45])
  proxy.set({ faked: { errorCode: 20, when: 'after', times: 1 } })
  one.send(produceRequest(2, [0, 3]))
  assert.deepEqual(errorsOf(await one.response(2)), [20, 20])
  one.send(produceRequest(3, [0, 3]))
  assert.deepEqual(errorsOf(await one.response(3)), [0, 0])
  assert.deepEqual(broker.heard, [2, 3])
  assert.equal(proxy.counts.faked, 2)
})

test('throttling is told in the response of the broker', async (t) => {
  const { proxy, client } = await proxied(t)
  proxy.set({ throttled: { ms: 700, times: 1 } })
  const one = client()
  one.send(produceRequest(1, [0]), produceRequest(2, [0]))
  assert.equal(decodeProduceResponse(await one.response(1)).throttleMs, 700)
  assert.equal(decodeProduceResponse(await one.response(2)).throttleMs, 0)
})

test('what is held arrives when it is healed, also from a client that is gone by then', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  const [one, two] = [client(), client()]
  one.send(request(metadataKey, 1))
  two.send(request(metadataKey, 2))
  await Promise.all([one.response(1), two.response(2)])
  proxy.set({ toBroker: { flow: 'hold' } })
  one.send(produceRequest(3, [0]))
  two.send(produceRequest(4, [0]))
  await until(() => proxy.counts.produceRequests === 2)
  two.destroy()
  assert.deepEqual(new Set(broker.heard), new Set([1, 2]))
  proxy.heal()
  await one.response(3)
  await until(() => broker.heard.length === 4)
  assert.deepEqual(new Set(broker.heard), new Set([1, 2, 3, 4]))
  await until(() => proxy.open === 1)
})

test('what is swallowed never arrives, and the damaged connection ends when it is healed', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  const one = client()
  one.send(request(metadataKey, 1))
  await one.response(1)
  proxy.set({ toBroker: { flow: 'swallow' } })
  one.send(request(metadataKey, 2))
  await until(() => proxy.counts.bytesSwallowed > 0)
  assert.equal(one.ended, undefined)
  proxy.heal()
  await until(() => one.ended === 'reset')
  assert.deepEqual(broker.heard, [1])
})

test('new connections can be reset, or taken and never answered', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  proxy.set({ connect: 'refuse' })
  const refused = client()
  await until(() => refused.ended === 'reset')
  proxy.set({ connect: 'swallow' })
  const swallowed = client()
  swallowed.send(request(metadataKey, 1))
  await until(() => proxy.counts.bytesSwallowed > 0)
  assert.equal(swallowed.ended, undefined)
  proxy.heal()
  await until(() => swallowed.ended === 'reset')
  assert.deepEqual(broker.heard, [])
  assert.equal(proxy.counts.refused, 1)
})

test('connections are cut by a reset or in good order, and the broker loses them too', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  for (const how of ['reset', 'end'] as const) {
    const one = client()
    one.send(request(metadataKey, 1))
    await one.response(1)
    proxy.cut(how)
    await until(() => one.ended === how)
    await until(() => broker.connections.size === 0)
  }
  await until(() => proxy.open === 0)
  assert.equal(proxy.counts.cut, 2)
})

test('half open: the broker loses the connection, and the client hears nothing of it', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  const one = client()
  one.send(request(metadataKey, 1))
  await one.response(1)
  proxy.halfOpen()
  await until(() => broker.connections.size === 0)
  one.send(request(metadataKey, 2))
  const other = client()
  other.send(request(metadataKey, 3))
  await other.response(3)
  assert.equal(one.ended, undefined)
  one.destroy()
  await until(() => proxy.open === 1)
  assert.deepEqual(broker.heard, [1, 3])
})

test('a connection is cut after exactly so many bytes of one direction', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  const { length } = request(metadataKey, 1)
  for (const bytes of [0, 1, length, length + 3]) {
    broker.bytes = 0
    proxy.set({ cutAfter: { direction: 'toBroker', bytes, times: 1, how: 'end' } })
    const one = client()
    one.send(request(metadataKey, 1), request(metadataKey, 2))
    await until(() => one.ended !== undefined)
    await until(() => broker.connections.size === 0)
    assert.equal(broker.bytes, bytes)
  }
  const next = client()
  next.send(request(metadataKey, 9))
  await next.response(9)

  proxy.set({ cutAfter: { direction: 'toClient', bytes: 10, how: 'end' } })
  const one = client()
  one.send(request(metadataKey, 1), request(metadataKey, 2))
  await until(() => one.ended !== undefined)
  assert.equal(one.bytes, 10)
})

test('delay, jitter and a low rate keep the order of responses', async (t) => {
  const { proxy, client } = await proxied(t)
  proxy.set({
    toBroker: { delayMs: 20, jitterMs: 30 },
    toClient: { bytesPerSecond: 2_000, jitterMs: 30 },
  })
  const one = client()
  for (let id = 1; id <= 20; id++) one.send(request(metadataKey, id))
  await one.response(20)
  assert.deepEqual(
    one.order,
    Array.from({ length: 20 }, (_, i) => i + 1),
  )
})

test('a broker that is away resets the connection, and the next one reaches it again', async (t) => {
  const { broker, proxy, client } = await proxied(t)
  proxy.forwardTo('127.0.0.1:1')
  const one = client()
  one.send(request(metadataKey, 1))
  await until(() => one.ended === 'reset')
  proxy.forwardTo(broker.address)
  const two = client()
  two.send(request(metadataKey, 2))
  await two.response(2)
})

test('who does not speak Kafka is cut off', async (t) => {
  const { proxy, client } = await proxied(t)
  const one = client()
  one.send(Buffer.from('GET / HTTP/1.1\r\n\r\n'))
  await until(() => one.ended === 'reset')
  assert.equal(proxy.counts.requests, 0)
})
