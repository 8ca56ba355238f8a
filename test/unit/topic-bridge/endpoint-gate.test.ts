import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError } from '../../../src/errors.ts'
import { EndpointGate, type EndpointGateOptions, type Pass } from '../../../src/topic-bridge/endpoint-gate.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { RecordingTelemetry } from './bridge-support.ts'

function setUp(options: Partial<EndpointGateOptions> = {}) {
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const gate = new EndpointGate({ endpoint: 'billing', telemetry, clock, random: () => 0, ...options })
  /** Passes by the name of who got in, in that order. */
  const inside = new Map<string, Pass>()
  const take = (name: string) => gate.take((pass) => inside.set(name, pass))
  const end = (...names: readonly string[]): void => {
    for (const name of names) inside.get(name)?.end()
  }
  const fail = (name: string, pauseMs?: number): void => {
    inside.get(name)?.failed(name, 'status 503', pauseMs)
    end(name)
  }
  const succeed = (name: string): void => {
    inside.get(name)?.succeeded()
    end(name)
  }
  const gone = (name: string): void => {
    inside.get(name)?.gone()
    end(name)
  }
  const state = (): string | undefined =>
    ['closed', 'open', 'half_open', 'gone'].find(
      (one) => telemetry.values.get(`registry_relay_endpoint_state billing ${one}`) === 1,
    )
  return { clock, telemetry, gate, take, end, fail, succeed, gone, state, names: () => [...inside.keys()] }
}

/** Its breaker has opened; half of a second later it asks. */
function opened(options: Partial<EndpointGateOptions> = {}) {
  const bed = setUp({ breaker: { failures: 2, openMs: 1_000 }, ...options })
  for (const name of ['x', 'y']) bed.take(name)
  bed.fail('x')
  bed.fail('y')
  return bed
}

test('no more are inside at once than allowed, and the longest waiting comes first', () => {
  const { gate, take, end, names } = setUp({ concurrency: 2 })
  for (const name of ['a', 'b', 'c', 'd', 'e']) take(name)
  assert.deepEqual(names(), ['a', 'b'])
  end('a')
  assert.deepEqual([names(), gate.inUse], [['a', 'b', 'c'], 2])
  take('f')
  end('b', 'c', 'd')
  assert.deepEqual(names(), ['a', 'b', 'c', 'd', 'e', 'f'])
  end('e', 'f')
  assert.equal(gate.inUse, 0)
})

test('who comes when a place is free does not pass those that wait', async () => {
  const { clock, take, fail, names } = setUp()
  take('a')
  // Due at the same time as the end of the pause, and before it.
  clock.after(1_000, () => take('c'))
  fail('a', 1_000)
  take('b')
  await clock.advance(1_000)
  assert.deepEqual(names(), ['a', 'b', 'c'])
})

test('who cancels is passed over, and cancelling what has entered changes nothing', () => {
  const { gate, take, end, names } = setUp({ concurrency: 1 })
  const cancelFirst = take('a')
  const cancelSecond = take('b')
  take('c')
  cancelSecond()
  end('a')
  cancelFirst()
  assert.deepEqual([names(), gate.inUse], [['a', 'c'], 1])
})

test('one that waits twice enters twice', () => {
  const { gate, take, end } = setUp({ concurrency: 1 })
  take('a')
  let entered = 0
  const enter = (pass: Pass): void => {
    entered++
    pass.end()
  }
  gate.take(enter)
  gate.take(enter)
  end('a')
  assert.equal(entered, 2)
})

test('a pause that the endpoint asked for holds for everybody, until the longest is over', async () => {
  const { clock, take, fail, names } = setUp()
  for (const name of ['a', 'b']) take(name)
  fail('a', 5_000)
  fail('b', 3_000)
  take('c')
  await clock.advance(4_999)
  assert.deepEqual(names(), ['a', 'b'])
  await clock.advance(1)
  assert.deepEqual(names(), ['a', 'b', 'c'])
})

test('when the last one that waits out a pause has cancelled, no timer is left', () => {
  const { clock, take, fail } = setUp()
  take('a')
  fail('a', 300_000)
  const cancels = [take('b'), take('c')]
  assert.equal(clock.pending, 1)
  cancels[0]?.()
  assert.equal(clock.pending, 1)
  cancels[1]?.()
  assert.equal(clock.pending, 0)
})

test('attempts begin evenly, in the order they came', async () => {
  const { clock, take, names } = setUp({ maxPerSecond: 4 })
  for (const name of ['a', 'b', 'c', 'd']) take(name)
  assert.deepEqual(names(), ['a'])
  await clock.advance(249)
  assert.deepEqual(names(), ['a'])
  await clock.advance(1)
  assert.deepEqual(names(), ['a', 'b'])
  await clock.advance(500)
  assert.deepEqual(names(), ['a', 'b', 'c', 'd'])
})

test('an attempt that asked nothing of the endpoint gives its turn to the next, one that did does not', async () => {
  const { clock, take, end, succeed, names } = setUp({ maxPerSecond: 1 })
  for (const name of ['a', 'b', 'c']) take(name)
  assert.deepEqual(names(), ['a'])
  end('a')
  assert.deepEqual(names(), ['a', 'b'])
  succeed('b')
  assert.deepEqual(names(), ['a', 'b'])
  await clock.advance(1_000)
  assert.deepEqual(names(), ['a', 'b', 'c'])
})

test('an attempt that is ended twice was one attempt', () => {
  const { gate, take, end, names } = setUp({ concurrency: 2, maxPerSecond: 20 })
  for (const name of ['a', 'b']) take(name)
  end('a', 'a', 'a')
  assert.equal(gate.inUse, 1)
  for (const name of ['c', 'd']) take(name)
  assert.deepEqual([names(), gate.inUse], [['a', 'b', 'c'], 2])
  end('b')
  assert.deepEqual(names(), ['a', 'b', 'c', 'd'])
})

test('however many wait, and end as soon as they have begun, all get in, in their order', () => {
  const { gate, take, end } = setUp({ concurrency: 1 })
  take('a')
  const entered: number[] = []
  const many = Array.from({ length: 20_000 }, (_, n) => n)
  for (const n of many) {
    gate.take((pass) => {
      entered.push(n)
      pass.end()
    })
  }
  end('a')
  assert.deepEqual([entered, gate.inUse], [many, 0])
})

test('an old probe that ends without a verdict does not let another one in beside the one of now', async () => {
  const { clock, take, fail, succeed, end, names } = setUp({ breaker: { failures: 1, openMs: 1_000 } })
  for (const name of ['late', 'x', 'y']) take(name)
  fail('x')
  take('old')
  await clock.advance(500)
  succeed('late')
  fail('y')
  for (const name of ['probe', 'next']) take(name)
  await clock.advance(500)
  assert.deepEqual(names().slice(3), ['old', 'probe'])
  end('old')
  assert.deepEqual(names().slice(3), ['old', 'probe'])
})

test('lanes that differ open the breaker, one that fails on and on does not', () => {
  const { gate, take, fail, state } = setUp({ breaker: { failures: 2 } })
  for (let n = 0; n < 10; n++) {
    take('x')
    fail('x')
  }
  assert.deepEqual([state(), gate.obstacle], ['closed', undefined])
  take('y')
  fail('y')
  assert.equal(state(), 'open')
  assert.equal(gate.obstacle, 'does not work (status 503); it is only probed')
})

test('while the endpoint is dead there is one probe at a time, in the order they came', async () => {
  const { clock, take, fail, names, state } = opened()
  for (const name of ['a', 'b', 'c']) take(name)
  assert.deepEqual(names(), ['x', 'y'])
  await clock.advance(500)
  assert.deepEqual([names().slice(2), state()], [['a'], 'half_open'])
  await clock.advance(60_000)
  assert.deepEqual(names().slice(2), ['a'])
  fail('a')
  assert.equal(state(), 'open')
  await clock.advance(999)
  assert.deepEqual(names().slice(2), ['a'])
  await clock.advance(1)
  assert.deepEqual(names().slice(2), ['a', 'b'])
})

test('a probe that is delivered lets everybody in, and after one that failed those are told who want to know', async () => {
  const { clock, gate, take, fail, succeed, names, state } = opened()
  let told = 0
  const forget = gate.onReopened(() => told++)
  for (const name of ['dead', 'a', 'b', 'c']) take(name)
  await clock.advance(500)
  fail('dead')
  await clock.advance(1_000)
  succeed('a')
  assert.deepEqual([names().slice(2), state(), told], [['dead', 'a', 'b', 'c'], 'closed', 1])
  assert.equal(gate.obstacle, undefined)
  succeed('b')
  assert.equal(told, 1)
  forget()
  assert.equal(clock.pending, 0)
})

test('who does not want to be told any more is not', async () => {
  const { clock, gate, take, fail, succeed } = opened()
  let told = 0
  gate.onReopened(() => told++)()
  take('dead')
  await clock.advance(500)
  fail('dead')
  take('a')
  await clock.advance(1_000)
  succeed('a')
  assert.equal(told, 0)
})

test('lanes that always fail and met by chance are not hurried when the first probe gets through', async () => {
  const { clock, gate, take, succeed, state } = opened()
  let told = 0
  gate.onReopened(() => told++)
  take('a')
  await clock.advance(500)
  succeed('a')
  assert.deepEqual([state(), told], ['closed', 0])
})

test('a request from before that is delivered closes the breaker, also while a probe is under way', async () => {
  const { clock, take, fail, succeed, names, state } = setUp({ breaker: { failures: 1, openMs: 1_000 } })
  for (const name of ['late', 'x']) take(name)
  fail('x')
  for (const name of ['a', 'b']) take(name)
  await clock.advance(500)
  assert.deepEqual(names().slice(2), ['a'])
  succeed('late')
  assert.deepEqual([names().slice(2), state()], [['a', 'b'], 'closed'])
})

test('when the endpoint works again, the pause that it asked for while it did not is over', async () => {
  const { clock, take, fail, succeed, names } = setUp({ breaker: { failures: 1, openMs: 1_000 } })
  for (const name of ['late', 'x']) take(name)
  fail('x', 300_000)
  take('a')
  await clock.advance(10_000)
  assert.deepEqual(names(), ['late', 'x'])
  succeed('late')
  assert.deepEqual([names(), clock.pending], [['late', 'x', 'a'], 0])
})

test('a probe that comes to no verdict passes its turn on', async () => {
  const { clock, take, end, names } = opened()
  for (const name of ['a', 'b']) take(name)
  await clock.advance(500)
  assert.deepEqual(names().slice(2), ['a'])
  end('a')
  assert.deepEqual(names().slice(2), ['a', 'b'])
})

for (const [when, openFirst] of [
  ['while it worked', false],
  ['while it was dead', true],
] as const) {
  test(`after a 410 ${when} nothing is let in any more, whatever comes of what was under way`, async () => {
    const { clock, gate, take, gone, succeed, fail, names, state, telemetry } = setUp({
      breaker: { failures: 1 },
    })
    for (const name of ['late', 'failing', 'a', 'again']) take(name)
    if (openFirst) fail('failing')
    for (const name of ['a', 'again']) gone(name)
    take('waiting')
    if (!openFirst) fail('failing')
    succeed('late')
    await clock.advance(3_600_000)
    assert.deepEqual([names().includes('waiting'), state(), clock.pending], [false, 'gone', 0])
    assert.equal(
      gate.obstacle,
      'answered 410 Gone; nothing is sent until its configuration changes, or the next start',
    )
    assert.equal(telemetry.lines.filter(({ level }) => level === 'error').length, 1)
  })
}

test('three repositories of a dead endpoint do not open its breaker, and it is said all the same', async () => {
  const { clock, gate, take, fail, succeed, state } = setUp()
  for (const round of [1, 2, 3]) {
    for (const lane of ['a', 'b', 'c']) {
      take(lane)
      fail(lane)
    }
    if (round < 3) await clock.advance(30_000)
  }
  assert.deepEqual([state(), gate.obstacle], ['closed', 'fails: nothing but failures for 60 s (status 503)'])
  take('a')
  succeed('a')
  assert.equal(gate.obstacle, undefined)
})

test('a gate that is retired tells of no state any more', () => {
  const { gate, state } = setUp()
  assert.equal(state(), 'closed')
  gate.retire()
  assert.equal(state(), undefined)
})

test('a dead endpoint is said once, however often it is probed, and that it works again', async () => {
  const { clock, take, fail, succeed, telemetry } = opened()
  for (const name of ['a', 'b', 'c']) {
    take(name)
    await clock.advance(30_000)
    fail(name)
  }
  take('d')
  await clock.advance(30_000)
  succeed('d')
  assert.deepEqual(
    telemetry.lines.map(({ level }) => level),
    ['warn', 'info'],
  )
})

for (const wrong of [
  { concurrency: 0 },
  { concurrency: 1.5 },
  { concurrency: Number.NaN },
  { maxPerSecond: 0 },
  { maxPerSecond: Number.NaN },
]) {
  const [name, value] = Object.entries(wrong)[0] as [string, number]
  test(`refuses ${name} ${value}`, () => {
    assert.throws(
      () => setUp(wrong),
      (error) => isRelayError(error, 'CONFIG_INVALID') && error.message.startsWith(`${name}:`),
    )
  })
}
