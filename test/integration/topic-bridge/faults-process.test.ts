import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, type TestContext, test } from 'node:test'
import { completedOffsets } from '../../../src/topic-bridge/completion-map.ts'
import { type Answer, type RawRequest, rawReceiver, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { BridgeBed } from './bridge-bed.ts'
import { BridgeProcess } from './bridge-process.ts'
import { askedBy, assertInOrder, caughtUp, headerOf, repositoryOf, type Where } from './fault-run.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

const ok = status(200)
const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `team/app-${n}`)

/** A bridge that says with each request which one it is. */
function member(t: TestContext, name: string, where: Where, url: string): BridgeProcess {
  return new BridgeProcess(t, {
    kafka: { brokers: bed.stack.brokers },
    schemaRegistry: { url: bed.stack.schemaRegistryUrl },
    topics: { events: where.topic, deadLetters: where.deadLetterTopic },
    bridge: {
      group: where.topic,
      endpoints: [{ name: 'hook', url, timeoutMs: 60_000, headers: { 'x-member': name } }],
    },
  })
}

/** How many records the group has been told are done. */
async function toldDone({ topic }: Where): Promise<number> {
  const [answer] = await bed.admin.fetchOffsets({ groupId: `${topic}.hook`, topics: [topic] })
  return (answer?.partitions ?? []).reduce((sum, { offset, metadata }) => {
    const next = BigInt(Math.max(0, Number(offset)))
    return sum + Number(next) + completedOffsets(next, metadata ?? '').length
  }, 0)
}

const memberOf = (request: RawRequest): string => headerOf(request, 'x-member')

describe('members of a group that are killed or stand still, on a real Kafka', { concurrency: 2 }, () => {
  test('after a kill with events delivered out of turn only what was under way is delivered again', async (t) => {
    let held = true
    const answer: Answer = (socket, request) => {
      if (!held || !['team/app-0', 'team/app-7'].includes(repositoryOf(request))) ok(socket, request)
    }
    const receiver = await rawReceiver(t, answer)
    const where = await bed.topic(1)
    await bed.produce(where.topic, names(20), 10)
    const first = member(t, 'first', where, receiver.url)
    await receiver.received(18 * 10 + 2)
    // The first event of all is under way, so it is by the map of what is done above that the group knows.
    await until(async () => (await toldDone(where)) === 180, { ms: 60_000 })
    await first.kill()
    held = false
    const second = member(t, 'second', where, receiver.url)
    await second.joined()
    await until(() => caughtUp(bed, where.topic, `${where.topic}.hook`), { ms: 60_000 })
    const again = receiver.requests.filter((request) => memberOf(request) === 'second')
    assert.deepEqual([...new Set(again.map(repositoryOf))].toSorted(), ['team/app-0', 'team/app-7'])
    assert.equal(again.length, 20)
    assertInOrder(receiver.requests.map(askedBy))
  })

  test('G2: a member that stood still past its session, with a request under way, begins nothing for what is not its own any more, and joins again', async (t) => {
    const waiting: [Socket, RawRequest][] = []
    let held = true
    const answer: Answer = (socket, request) => {
      const { id } = askedBy(request)
      if (held && memberOf(request) === 'first' && id.endsWith('#1')) waiting.push([socket, request])
      else ok(socket, request)
    }
    const receiver = await rawReceiver(t, answer)
    const where = await bed.topic(2)
    const repositories = names(10)
    await bed.produce(where.topic, repositories, 6)
    const first = member(t, 'first', where, receiver.url)
    await until(() => waiting.length === 10, { ms: 60_000 })
    await until(async () => (await toldDone(where)) === 10, { ms: 60_000 })
    first.signal('SIGSTOP')
    const second = member(t, 'second', where, receiver.url)
    await until(() => caughtUp(bed, where.topic, `${where.topic}.hook`), { ms: 60_000 })
    // Its answers are there when it wakes up: what waits behind them would be next.
    held = false
    for (const [socket, request] of waiting) ok(socket, request)
    const before = receiver.requests.length
    first.signal('SIGCONT')
    await first.joined(2)
    assert.equal(receiver.requests.length, before, 'the member that woke up sent something')
    await second.joined(2)
    await bed.produce(where.topic, repositories, 9, 6)
    await until(() => caughtUp(bed, where.topic, `${where.topic}.hook`), { ms: 60_000 })
    const asked = receiver.requests.slice(before)
    assert.equal(asked.length, 30)
    assert.deepEqual([...new Set(asked.map(memberOf))].toSorted(), ['first', 'second'])
    assertInOrder(receiver.requests.map(askedBy))
    // What was under way when it was stopped, and nothing else, came twice.
    assert.equal(receiver.requests.length, 10 * 9 + 10)
  })
})
