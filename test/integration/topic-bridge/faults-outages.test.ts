import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { type Answer, rawReceiver, status } from '../../support/raw-receiver.ts'
import { readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'
import { BridgeBed } from './bridge-bed.ts'
import { BridgeProcess } from './bridge-process.ts'
import { askedBy, assertInOrder, caughtUp, FaultRun, headerOf } from './fault-run.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

const ok = status(200)
const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `team/app-${n}`)

describe('endpoints that are away for long, on a real Kafka', { concurrency: 2 }, () => {
  test('G15: a dead endpoint is only probed, holds up no other, and gets everything in order when it is back', async (t) => {
    let dead = true
    let underWay = 0
    let most = 0
    const answer: Answer = (socket, request) => {
      if (!dead) return ok(socket, request)
      most = Math.max(most, ++underWay)
      // Long enough for two to meet, were they let in together.
      setTimeout(() => {
        underWay--
        socket.resetAndDestroy()
      }, 20)
    }
    const repositories = names(40)
    const run = await FaultRun.start(t, { bed, answer, partitions: 3, repositories, each: 5 })
    const other = await FaultRun.start(t, {
      ...{ bed, answer: ok, where: run.where, repositories, each: 5 },
      endpoint: () => ({ name: 'other' }),
    })
    await other.ended()
    await other.assertAllDelivered()
    assert.equal(other.receiver.requests.length, 200)
    const reason = /endpoint hook does not work .*; it is only probed/
    await until(() => underWay === 0 && reason.test(run.bridge.readiness().reason ?? ''))
    most = 0
    const probes = run.receiver.requests.length
    await run.receiver.received(probes + 15)
    assert.deepEqual([most, run.delivered.length], [1, 0])
    assert.equal(run.bridge.readiness().ready, true)
    dead = false
    await run.ended()
    await run.assertAllDelivered()
    const said = run.telemetry.lines.map(({ message }) => message)
    assert.equal(said.filter((line) => line.startsWith('the endpoint does not work')).length, 1)
    assert.equal(said.filter((line) => line === 'the endpoint works again').length, 1)
  })

  test('G10: an endpoint that answers 401 to all of it loses nothing, and gets it when the file of the secret says the right one', async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'relay-secret-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    const file = join(folder, 'authorization')
    writeFileSync(file, 'Bearer canary-old')
    const answer: Answer = (socket, request) => {
      const right = headerOf(request, 'Authorization') === 'Bearer canary-new'
      status(right ? 200 : 401)(socket, request)
    }
    const receiver = await rawReceiver(t, answer)
    const where = await bed.topic(3)
    await bed.produce(where.topic, names(30), 3)
    const bridge = new BridgeProcess(t, {
      kafka: { brokers: bed.stack.brokers },
      schemaRegistry: { url: bed.stack.schemaRegistryUrl },
      topics: { events: where.topic, deadLetters: where.deadLetterTopic },
      bridge: {
        group: where.topic,
        endpoints: [
          {
            ...{ name: 'hook', url: receiver.url, headers: { Authorization: { file } } },
            // Attempts that a wrong credential costs do not count.
            retry: { firstMs: 10, maxMs: 50, slowMs: 100, maxAttempts: 1 },
            breaker: { openMs: 20, maxOpenMs: 100 },
          },
        ],
      },
    })
    await receiver.received(50)
    assert.equal((await readRecords(bed.stack.brokers, where.deadLetterTopic)).length, 0)
    writeFileSync(file, 'Bearer canary-new')
    await until(() => caughtUp(bed, where.topic, `${where.topic}.hook`), { ms: 60_000 })
    const taken = receiver.requests.filter(
      (request) => headerOf(request, 'Authorization') === 'Bearer canary-new',
    )
    assert.equal(taken.length, 90)
    assert.equal(new Set(taken.map((request) => askedBy(request).id)).size, 90)
    assertInOrder(receiver.requests.map(askedBy))
    assert.equal((await readRecords(bed.stack.brokers, where.deadLetterTopic)).length, 0)
    assert.match(bridge.output, /the endpoint refuses us, not the event/)
    assert.doesNotMatch(bridge.output, /canary/)
  })
})
