import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RawRequest, rawReceiver, silence, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { BridgeBed } from '../topic-bridge/bridge-bed.ts'
import { BridgeProcess } from '../topic-bridge/bridge-process.ts'
import { askedBy, assertInOrder, repositoryOf } from '../topic-bridge/fault-run.ts'

const failing = 'team/failing'
const others = Array.from({ length: 9 }, (_, app) => `team/app-${app}`)

test('A slow or dead endpoint hurts only itself', async (t) => {
  const bed = await BridgeBed.start()
  t.after(() => bed.stop())
  const where = await bed.topic(1)
  const rounds = 20
  await bed.produce(where.topic, [failing, ...others], rounds)

  let mended = false
  const picky = await rawReceiver(t, (socket, request) =>
    status(repositoryOf(request) === failing && !mended ? 503 : 204)(socket, request),
  )
  const healthy = await rawReceiver(t, status(204))
  const silent = await rawReceiver(t, silence)
  const dead = await rawReceiver(t, silence)
  await dead.die()
  const retry = { firstMs: 20, maxMs: 100 }
  const bridge = new BridgeProcess(t, {
    kafka: { brokers: bed.stack.brokers },
    schemaRegistry: { url: bed.stack.schemaRegistryUrl },
    topics: { events: where.topic, deadLetters: where.deadLetterTopic },
    bridge: {
      group: where.topic,
      endpoints: [
        { name: 'dead', url: dead.url, retry },
        { name: 'silent', url: silent.url, timeoutMs: 60_000 },
        { name: 'picky', url: picky.url, retry },
        { name: 'healthy', url: healthy.url },
      ],
    },
  })
  const management = await bridge.management()

  await healthy.received(rounds * 10)
  const taken = (requests: readonly RawRequest[]): number =>
    new Set(requests.map(askedBy).map(({ id }) => id)).size
  // All but the failing repository's, and of that one the first.
  await until(() => taken(picky.requests) === rounds * 9 + 1)

  // Behind the events that fail, more than may wait in memory: 4 MiB of a partition, and what one fetch of 1 MiB brings beside.
  const large = 1_000
  for (let from = 0; from < large; from += 100) {
    const messages = Array.from({ length: 100 }, (_, n) => bed.large(failing, rounds + from + n, 10_000))
    await bed.send(where.topic, messages)
  }
  await healthy.received(rounds * 10 + large)
  const inHand = async (endpoint: string): Promise<number> => {
    const text = await (await fetch(`${management}/metrics`)).text()
    const line = new RegExp(
      `^registry_relay_bridge_in_hand_records\\{endpoint="${endpoint}".*\\} (\\d+)$`,
      'm',
    )
    return Number(line.exec(text)?.[1])
  }
  await until(async () => (await inHand('picky')) > 400)
  for (const endpoint of ['dead', 'silent', 'picky']) {
    assert.ok((await inHand(endpoint)) < 850, `${await inHand(endpoint)} of ${endpoint} in memory`)
  }
  assert.ok(silent.requests.length <= 10, 'one request for each repository')

  mended = true
  await until(() => taken(picky.requests) === rounds * 10 + large, {
    ms: 60_000,
    what: () => `${taken(picky.requests)} of ${rounds * 10 + large}`,
  })
  assertInOrder(picky.requests.map(askedBy))
  assertInOrder(healthy.requests.map(askedBy))
  assert.equal(healthy.requests.length, rounds * 10 + large)
})
