import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRelayError, RelayError } from '../../../../src/errors.ts'
import { settle } from '../../../support/manual-clock.ts'
import { setUp } from './consumer-support.ts'

test('asks kafkajs for nothing that could lose an event', async () => {
  const { consumer, joined } = setUp()
  const { runConfig, config, subscribed } = await joined()
  assert.deepEqual([runConfig?.autoCommit, runConfig?.eachBatchAutoResolve], [false, false])
  assert.deepEqual(subscribed, { topics: ['events'], fromBeginning: true })
  assert.equal(config.allowAutoTopicCreation, false)
  assert.equal(await config.retry?.restartOnFailure?.(new Error('x')), false)
  await consumer.close()
})

test('start resolves with the first join, and readiness follows the signs of life', async () => {
  const { consumer, fake, handler, clock } = setUp()
  const started = consumer.start(handler)
  await settle()
  assert.equal(consumer.readiness().ready, false)
  await fake().join()
  await started
  assert.deepEqual(consumer.readiness(), { ready: true })
  await clock.advance(10_001)
  assert.equal(consumer.readiness().ready, false)
  fake().hear()
  assert.equal(consumer.readiness().ready, true)
  await consumer.close()
})

test('a consumer that crashed is replaced after a pause, whatever kafkajs thinks of the error', async () => {
  const { consumer, joined, made, fake, clock, telemetry } = setUp()
  const first = await joined()
  first.emit('crash', { error: new TypeError('bug'), restart: false })
  await settle()
  assert.equal(first.disconnects, 1)
  assert.match(consumer.readiness().reason ?? '', /bug/)
  await clock.advance(999)
  assert.equal(made.length, 1)
  await clock.advance(1)
  assert.equal(made.length, 2)
  await fake().join()
  assert.equal(consumer.readiness().ready, true)
  assert.equal(telemetry.lines.filter(({ level }) => level === 'error').length, 1)
  await consumer.close()
})

test('a topic that is missing is named, with what to do', async () => {
  const { consumer, joined, telemetry } = setUp()
  const first = await joined()
  const missing = Object.assign(new Error('This server does not host this topic-partition'), {
    name: 'KafkaJSProtocolError',
    type: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
  first.emit('crash', { error: missing, restart: false })
  await settle()
  const advice = 'topic events is missing: create with `registry-relay topics apply`'
  assert.ok(consumer.readiness().reason?.endsWith(`last: ${advice}`))
  const lines = telemetry.lines.filter(({ level }) => level === 'error')
  assert.deepEqual(
    lines.map(({ facts }) => [facts['reason'], facts['err']]),
    [[advice, undefined]],
  )
  await consumer.close()
})

test('the pauses double up to half a minute while no consumer lives', async () => {
  const { consumer, handler, made, clock } = setUp((fake) => {
    fake.connectError = new Error('no broker')
  })
  consumer.start(handler).catch(() => {})
  const gaps: number[] = []
  let count = 1
  let last = 0
  await settle()
  while (made.length < 8) {
    await clock.advance(100)
    if (made.length > count) {
      gaps.push(Math.round((clock.monotonic() - last) / 1_000))
      last = clock.monotonic()
      count = made.length
    }
  }
  assert.deepEqual(gaps, [1, 2, 4, 8, 16, 30, 30])
  await consumer.close()
})

test('a broker that has just started is asked again soon, and warned about only when it stays so', async () => {
  const loading = Object.assign(new Error('The coordinator is loading'), { type: 'GROUP_LOAD_IN_PROGRESS' })
  const { consumer, handler, made, clock, telemetry } = setUp((fake) => {
    // As kafkajs wraps it when it has tried a few times.
    fake.connectError = new Error('retried', { cause: loading })
  })
  consumer.start(handler).catch(() => {})
  await clock.advance(1_000)
  assert.ok(made.length >= 3, `${made.length} tries in the first second`)
  await clock.advance(28_000)
  assert.deepEqual([...new Set(telemetry.lines.map(({ level }) => level))], ['info'])
  await clock.advance(10_000)
  assert.deepEqual([...new Set(telemetry.lines.map(({ level }) => level))], ['info', 'warn'])
  assert.ok(made.length < 40, `${made.length} tries in forty seconds`)
  await consumer.close()
})

test('a consumer that goes silent for longer than any rebalance is replaced', async () => {
  const { consumer, joined, made, clock } = setUp()
  await joined()
  await clock.advance(70_000)
  assert.equal(made.length, 1)
  await clock.advance(30_000)
  assert.equal(made.length, 2)
  await consumer.close()
})

test('close does not wait for a hanging disconnect beyond its deadline, and nothing is held from then on', async () => {
  const { consumer, joined, handler, clock, made } = setUp((fake) => {
    fake.hangs = true
  })
  const fake = await joined()
  await (await fake.fetch())()
  let closed = false
  void consumer.close({ deadlineMs: 3_000 }).then(() => {
    closed = true
  })
  await clock.advance(2_999)
  assert.deepEqual([closed, handler.taken[0]?.held.isHeld()], [false, true])
  await clock.advance(1)
  assert.deepEqual([closed, handler.taken[0]?.held.isHeld()], [true, false])
  assert.deepEqual([made.length, clock.pending], [1, 0])
})

test('close keeps its deadline also while a consumer that crashed hangs', async () => {
  const { consumer, joined, clock } = setUp((fake) => {
    fake.hangs = true
  })
  const fake = await joined()
  fake.emit('crash', { error: new Error('x') })
  await settle()
  let closed = false
  void consumer.close({ deadlineMs: 1_000 }).then(() => {
    closed = true
  })
  await clock.advance(1_000)
  assert.equal(closed, true)
})

test('close lets the handler give everything back at once, and tells it how long it has', async () => {
  const { consumer, joined, handler } = setUp()
  await joined()
  handler.givenBack.length = 0
  await consumer.close({ deadlineMs: 3_000 })
  assert.deepEqual(handler.givenBack, [3_000])
})

test('start rejects when it is closed before the group was joined', async () => {
  const { consumer, handler } = setUp()
  const refused = assert.rejects(consumer.start(handler), (error) => isRelayError(error, 'SINK_CLOSED'))
  await settle()
  await consumer.close()
  await refused
})

test('a batch in a compression that cannot be read here is told with what to install, and readiness stays so', async () => {
  const { consumer, joined, fake, made, clock, telemetry } = setUp()
  const first = await joined()
  const install = 'compression snappy needs the package snappy, which is not installed; npm install snappy'
  const failed = (): Promise<never> => Promise.reject(new RelayError('CONFIG_INVALID', install))
  await assert.rejects(first.hooks.fetch(failed), /npm install snappy/)
  first.emit('crash', { error: new Error('wrapped') })
  await clock.advance(1_000)
  const [told] = telemetry.lines.filter(({ level }) => level === 'error')
  assert.equal(told?.facts['reason'], install)
  assert.equal(made.length, 2)
  await fake().join()
  // A member in between; it will meet the same batch.
  const { ready, reason } = consumer.readiness()
  assert.deepEqual([ready, reason?.includes(install)], [false, true])
  for (let second = 0; second < 59; second++) {
    await clock.advance(1_000)
    fake().hear()
    assert.equal(consumer.readiness().ready, false)
  }
  await clock.advance(1_000)
  fake().hear()
  assert.equal(consumer.readiness().ready, true)
  await consumer.close()
})
