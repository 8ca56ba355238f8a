import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Answer, rawReceiver, status } from '../../support/raw-receiver.ts'
import { readRecords } from '../../support/read-records.ts'
import { until } from '../../support/until.ts'
import { BridgeBed } from './bridge-bed.ts'
import { askedBy, atFirst, byRepository, FaultRun, repositoryOf } from './fault-run.ts'

let bed: BridgeBed

before(async () => {
  bed = await BridgeBed.start()
})
after(() => bed.stop())

const ok = status(200)
const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `team/app-${n}`)

describe('what endpoints answer, to a bridge on a real Kafka', { concurrency: 4 }, () => {
  test('G8: an endpoint that answers 503 for a while gets everything in order when it works; until then nothing is committed, and the lag is told', async (t) => {
    let works = false
    const answer: Answer = (socket, request) => (works ? ok : status(503))(socket, request)
    const run = await FaultRun.start(t, { bed, answer, partitions: 3, repositories: names(12) })
    await run.receiver.received(30)
    const lag = (): number =>
      [...run.telemetry.values]
        .filter(([name]) => name.startsWith('registry_relay_bridge_lag_records '))
        .reduce((sum, [, value]) => sum + value, 0)
    await until(() => lag() === 36, { what: () => `${lag()}` })
    const committed = [...(await bed.committed(run.where.topic)).values()]
    assert.ok(
      committed.every((offset) => offset <= 0),
      committed.join(),
    )
    assert.match(run.bridge.readiness().reason ?? '', /endpoint hook does not work \(status 503\)/)
    works = true
    await run.ended()
    await run.assertAllDelivered()
    await until(() => lag() === 0)
    assert.deepEqual(run.bridge.readiness(), { ready: true })
  })

  for (const [code, retryAfter, leastMs] of [
    [429, () => '1', 1_000],
    [503, () => '1', 1_000],
    [503, () => new Date(Date.now() + 2_000).toUTCString(), 900],
    [429, () => '99999999999', 700],
    [429, () => '-5', 0],
    [503, () => 'soon', 0],
  ] as const) {
    const said = leastMs === 900 ? 'of a date' : retryAfter()
    test(`G9: ${code} with Retry-After ${said} keeps everything from the endpoint for ${leastMs} ms at least, and the cap at most`, async (t) => {
      const times: number[] = []
      const answer: Answer = (socket, request) => {
        times.push(performance.now())
        if (times.length === 1) status(code, `retry-after: ${retryAfter()}`)(socket, request)
        else ok(socket, request)
      }
      const run = await FaultRun.start(t, {
        ...{ bed, answer, repositories: names(4), each: 2 },
        // One request after the other: none is under way while the first is answered.
        endpoint: () => ({ concurrency: 1, maxRetryAfterMs: leastMs === 700 ? 700 : 5_000 }),
      })
      await run.ended()
      await run.assertAllDelivered()
      const [first = 0, second = 0] = times
      // Timers may be early by less than a millisecond.
      assert.ok(second - first >= leastMs - 1, `${second - first} ms`)
      assert.equal(times.length, 9)
    })
  }

  test('G10: what says that the set-up is wrong, or that it may pass, is tried again until it is taken: no event is lost', async (t) => {
    const codes = [401, 403, 404, 405, 408, 418, 425, 429, 500, 502, 503, 504, 599]
    const answers = Object.fromEntries(codes.map((code) => [`team/${code}`, atFirst(status(code), ok)]))
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: Object.keys(answers), each: 2 },
      endpoint: () => ({ concurrency: 8 }),
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(run.receiver.requests.length, codes.length * 4)
    for (const code of codes) assert.equal(run.retriesFor(`status ${code}`), 2, `${code}`)
  })

  test('G10: what the endpoint says it will never take is a dead letter after one request, and its repository goes on', async (t) => {
    const codes = [400, 413, 415, 422]
    const answer: Answer = (socket, request) => {
      const code = Number(repositoryOf(request).slice('team/'.length))
      status(askedBy(request).id.endsWith('#1') ? code : 200)(socket, request)
    }
    const run = await FaultRun.start(t, { bed, answer, repositories: codes.map((code) => `team/${code}`) })
    await run.ended()
    assert.equal(run.receiver.requests.length, 12)
    assert.equal(run.delivered.length, 8)
    const records = new Map(
      (await readRecords(bed.stack.brokers, run.where.topic)).map((record) => [record.offset, record]),
    )
    const letters = await run.deadLetters()
    assert.deepEqual(
      letters.map(({ key, headers }) => `${key} ${headers['relay.last.status']}`).toSorted(),
      codes.map((code) => `team/${code} ${code}`),
    )
    for (const { value, headers } of letters) {
      assert.deepEqual(value, records.get(Number(headers['__connect.errors.offset']))?.value)
    }
  })

  test('G10: after a 410 nothing more is sent and nothing is committed past it; the next start delivers all of it', async (t) => {
    let gone = true
    const answer: Answer = (socket, request) => status(gone ? 410 : 200)(socket, request)
    const first = await FaultRun.start(t, {
      ...{ bed, answer, repositories: names(5) },
      endpoint: () => ({ concurrency: 1 }),
    })
    await until(() => first.bridge.readiness().reason?.includes('410') ?? false)
    await bed.produce(first.where.topic, names(5), 4, 3)
    const lag = `registry_relay_bridge_lag_records hook ${first.where.topic} 0`
    await until(() => first.telemetry.values.get(lag) === 20)
    await first.bridge.close()
    assert.equal(first.receiver.requests.length, 1)
    gone = false
    const second = await FaultRun.start(t, { bed, answer, where: first.where })
    await second.ended()
    assert.deepEqual([second.delivered.length, await second.deadLetters()], [20, []])
  })

  test('G13: redirects to another host, to a metadata address and in a circle are not followed, are an alarm, and lose nothing', async (t) => {
    const elsewhere = await rawReceiver(t, ok)
    const places = [elsewhere.url, 'http://169.254.169.254/latest/meta-data/', '/hook?k=1', '//[::1]/']
    const codes = [301, 302, 303, 307, 308]
    const answers = Object.fromEntries(
      codes.map((code) => [
        `team/${code}`,
        ((socket, request) => {
          const place = places[askedBy(request).attempt - 1]
          if (place === undefined) ok(socket, request)
          else status(code, `location: ${place}`)(socket, request)
        }) satisfies Answer,
      ]),
    )
    const run = await FaultRun.start(t, {
      ...{ bed, answer: byRepository(answers), repositories: codes.map((code) => `team/${code}`), each: 1 },
      endpoint: () => ({ retry: { firstMs: 10, maxMs: 50, slowMs: 50 } }),
    })
    await run.ended()
    await run.assertAllDelivered()
    assert.equal(elsewhere.connections, 0)
    const lines = new Set(run.receiver.requests.map(({ line }) => line))
    assert.deepEqual([...lines], ['POST /hook?k=1 HTTP/1.1'])
    assert.equal(run.receiver.requests.length, codes.length * 5)
    const alarms = run.telemetry.lines.filter(({ level }) => level === 'error')
    assert.match(alarms[0]?.message ?? '', /check its URL and credentials/)
  })
})
