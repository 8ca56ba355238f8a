import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../../src/event/event.ts'
import { Endpoint } from '../../../src/http/endpoint.ts'
import { permanentStatuses } from '../../../src/http/http-sink.ts'
import { inOrder, silence, status } from '../../support/raw-receiver.ts'
import { until } from '../../support/until.ts'
import { endpointBed, hasCode, idle, whileTimePasses } from './endpoint-bed.ts'

function events(from: number, to: number): Event[] {
  return Array.from({ length: to - from }, (_, n) => ({ id: String(from + n) }))
}

test('failures and errors count attempts, deliveries count events, and what is being sent is pending', async (t) => {
  const { endpoint, receiver } = await endpointBed(
    t,
    inOrder(status(503), (socket) => socket.end(), status(302), silence, status(202)),
  )
  await endpoint.write(events(0, 2))
  await receiver.received(4)
  assert.deepEqual(endpoint.readMetrics(), {
    pending: 2,
    events: 2,
    successes: 0,
    failures: 4,
    errors: 2,
    statuses: { '503 Service Unavailable': 2, '302 Found': 2 },
    retries: 6,
    delivered: 0,
    dropped: 0,
    lost: 0,
  })
})

test('a snapshot does not change any more', async (t) => {
  const { endpoint } = await endpointBed(t, status(200))
  const before = endpoint.readMetrics()
  await endpoint.write(events(0, 1))
  await idle(endpoint)
  assert.deepEqual([before.events, before.statuses], [0, {}])
})

test('endpoints of one name count apart, each from zero, and both are published', async (t) => {
  const busy = await endpointBed(t, status(200))
  const idler = await endpointBed(t, status(200))
  await busy.endpoint.write(events(0, 2))
  await idle(busy.endpoint)
  assert.deepEqual(idler.endpoint.readMetrics(), {
    pending: 0,
    events: 0,
    successes: 0,
    failures: 0,
    errors: 0,
    statuses: {},
    retries: 0,
    delivered: 0,
    dropped: 0,
    lost: 0,
  })
  assert.equal(idler.telemetry.values.get('registry_relay_endpoint_events_total e'), 0)
  const published = [busy.endpoint, idler.endpoint].map((one) => one.toJSON())
  assert.deepEqual(
    published.map(({ name, Metrics }) => [name, Metrics.Events, Metrics.Delivered]),
    [
      ['e', 2, 2],
      ['e', 0, 0],
    ],
  )
})

test('what is ignored arrives nowhere and is counted nowhere; actions alone are enough', async (t) => {
  const { endpoint, arrived } = await endpointBed(t, status(200), { ignore: { actions: ['pull', 'mount'] } })
  await endpoint.write([{ id: 'a', action: 'pull' }])
  await endpoint.write([
    { id: 'b', action: 'push' },
    { id: 'c', action: 'mount' },
  ])
  await endpoint.close()
  assert.deepEqual(arrived(), ['b'])
  assert.equal(endpoint.readMetrics().events, 1)
})

test('media types are ignored by either list', async (t) => {
  const { endpoint, arrived } = await endpointBed(t, status(200), {
    ignoredMediaTypes: ['m/a'],
    ignore: { mediaTypes: ['m/b'] },
  })
  for (const id of ['a', 'b', 'c'])
    await endpoint.write([{ id, action: 'push', target: { mediaType: `m/${id}` } }])
  await endpoint.close()
  assert.deepEqual(arrived(), ['c'])
})

test('as many failures as the threshold follow each other at once, then one attempt per backoff is made', async (t) => {
  const at: number[] = []
  const { endpoint, receiver, clock } = await endpointBed(
    t,
    (socket, request) => {
      at.push(clock.monotonic())
      status(at.length === 7 ? 200 : 500)(socket, request)
    },
    { threshold: 3, backoffMs: 50 },
  )
  await endpoint.write(events(0, 1))
  for (let attempt = 3; attempt < 7; attempt++) {
    await receiver.received(attempt)
    // The failure has been heard of when the wait for the next attempt is all there is.
    await until(() => clock.pending === 1 && endpoint.readMetrics().failures === attempt)
    await clock.advance(50)
  }
  await receiver.received(7)
  await idle(endpoint)
  assert.deepEqual(at, [0, 0, 0, 50, 100, 150, 200])
})

for (const code of [400, 401, 404, 413]) {
  test(`${code} is tried again for ever, as a registry does, and nothing overtakes`, async (t) => {
    let healed = false
    const { endpoint, clock, arrived } = await endpointBed(t, (socket, request) =>
      status(healed ? 200 : code)(socket, request),
    )
    await endpoint.write(events(0, 1))
    await endpoint.write(events(1, 2))
    await until(async () => {
      await clock.advance(1_000)
      return endpoint.readMetrics().failures >= 25
    })
    healed = true
    await whileTimePasses(clock, idle(endpoint))
    const ids = arrived()
    assert.deepEqual([ids.indexOf('1'), ids.lastIndexOf('0')], [ids.length - 1, ids.length - 2])
    assert.deepEqual([endpoint.readMetrics().delivered, endpoint.readMetrics().lost], [2, 0])
  })
}

test('a status among the refusals loses its event at once, and the next one follows', async (t) => {
  const { endpoint, arrived, telemetry } = await endpointBed(t, inOrder(status(413), status(200)), {
    refusals: permanentStatuses,
  })
  await endpoint.write(events(0, 1))
  await endpoint.write(events(1, 2))
  await idle(endpoint)
  assert.deepEqual(arrived(), ['0', '1'])
  const { delivered, lost, retries } = endpoint.readMetrics()
  assert.deepEqual({ delivered, lost, retries }, { delivered: 1, lost: 1, retries: 0 })
  assert.equal(telemetry.logged('warn', /items were lost/).length, 1)
})

test('GitLab: an event is lost after its retries, which wait longer each time, and the next one has as many', async (t) => {
  const at: number[] = []
  const { endpoint, clock } = await endpointBed(
    t,
    (socket, request) => {
      at.push(clock.monotonic())
      status(at.length === 4 ? 200 : 500)(socket, request)
    },
    { profile: 'gitlab', maxRetries: 2, backoffMs: 500 },
  )
  await endpoint.write(events(0, 1))
  await endpoint.write(events(1, 2))
  await endpoint.write(events(2, 3))
  for (const [failures, wait] of [
    [1, 500],
    [2, 750],
  ] as const) {
    await until(() => endpoint.readMetrics().failures === failures && clock.pending === 1)
    await clock.advance(wait)
  }
  await until(() => endpoint.readMetrics().failures === 4 && clock.pending === 1)
  assert.deepEqual(at, [0, 500, 1_250, 1_250, 1_250])
  const { retries, delivered, lost, pending } = endpoint.readMetrics()
  assert.deepEqual({ retries, delivered, lost, pending }, { retries: 3, delivered: 1, lost: 1, pending: 1 })
})

test('GitLab: with a limit of 5, six events are taken while the endpoint is silent, and the seventh is dropped', async (t) => {
  const { endpoint, receiver, arrived, telemetry } = await endpointBed(t, silence, {
    profile: 'gitlab',
    queueSizeLimit: 5,
  })
  for (const event of events(0, 6)) await endpoint.write([event])
  await receiver.received(1)
  assert.equal(endpoint.readMetrics().dropped, 0)
  await endpoint.write(events(6, 7))
  const { events: taken, dropped, pending } = endpoint.readMetrics()
  assert.deepEqual(
    { taken, dropped, pending, arrived: arrived() },
    { taken: 7, dropped: 1, pending: 6, arrived: ['0'] },
  )
  assert.equal(telemetry.logged('warn', /items were dropped/).length, 1)
})

test('the gauge of pending events is the number of pending events, whatever was dropped', async (t) => {
  let healed = false
  const held: (() => void)[] = []
  const { endpoint, receiver, telemetry } = await endpointBed(
    t,
    (socket, request) => {
      const answer = (): void => status(200)(socket, request)
      if (healed) answer()
      else held.push(answer)
    },
    { queueSizeLimit: 3 },
  )
  const gauge = (): number | undefined => telemetry.values.get('registry_relay_sink_pending_items e')
  for (const event of events(0, 20)) await endpoint.write([event])
  await receiver.received(1)
  assert.deepEqual([gauge(), endpoint.readMetrics().pending, endpoint.readMetrics().dropped], [4, 4, 16])
  healed = true
  for (const answer of held) answer()
  await endpoint.close()
  assert.deepEqual([gauge(), endpoint.readMetrics().pending, endpoint.readMetrics().delivered], [0, 0, 4])
})

test('the oldest can be dropped instead, or the write be refused', async (t) => {
  const oldest = await endpointBed(t, silence, { queueSizeLimit: 2, whenFull: 'drop-oldest' })
  const reject = await endpointBed(t, silence, { queueSizeLimit: 2, whenFull: 'reject' })
  for (const event of events(0, 3)) {
    await oldest.endpoint.write([event])
    await reject.endpoint.write([event])
  }
  await oldest.endpoint.write(events(3, 4))
  assert.equal(oldest.endpoint.readMetrics().dropped, 1)
  await assert.rejects(reject.endpoint.write(events(3, 4)), hasCode('QUEUE_FULL'))
  assert.deepEqual([reject.endpoint.readMetrics().events, reject.endpoint.readMetrics().dropped], [3, 0])
})

test('an attempt ends after one second unless told otherwise', async (t) => {
  const { endpoint, receiver, clock } = await endpointBed(t, silence)
  await endpoint.write(events(0, 1))
  await receiver.received(1)
  await clock.advance(999)
  assert.equal(endpoint.readMetrics().errors, 0)
  await clock.advance(1)
  await until(() => endpoint.readMetrics().errors === 1)
})

test('the profile decides how the Envelope is written', async (t) => {
  const { endpoint, receiver } = await endpointBed(t, status(200), { profile: 'gitlab' })
  await endpoint.write([{ id: 'a', actor: { name: 'n', userType: 'build' } }])
  await endpoint.close()
  assert.ok(
    receiver.requests[0]?.headers.includes(
      'Content-Type: application/vnd.docker.distribution.events.v1+json',
    ),
  )
  assert.match(receiver.requests[0]?.body ?? '', /"user_type": "build"/)
})

test('name and URL are shown, user name, password and header values are not', async (t) => {
  const bed = await endpointBed(t, status(500))
  const url = bed.receiver.url.replace('//', '//user:hidden@')
  const endpoint = new Endpoint({
    name: 'shown',
    url,
    headers: { Authorization: ['Bearer hidden'], 'X-A': 'hidden' },
    ignore: { actions: ['pull'] },
    threshold: 1,
    telemetry: bed.telemetry,
    clock: bed.clock,
  })
  await endpoint.write(events(0, 1))
  await until(() => endpoint.readMetrics().failures === 1 && bed.clock.pending === 1)
  const closed = endpoint.close({ deadlineMs: 0 }).then(
    () => undefined,
    (error: Error) => error,
  )
  const error = await whileTimePasses(bed.clock, closed)
  assert.deepEqual([endpoint.name, endpoint.url], ['shown', bed.receiver.url])
  assert.deepEqual(JSON.parse(JSON.stringify([endpoint])), [
    {
      name: 'shown',
      url: bed.receiver.url,
      Headers: { Authorization: ['[secret]'], 'X-A': ['[secret]'] },
      Timeout: 1_000_000_000,
      Threshold: 1,
      Backoff: 1_000_000_000,
      IgnoredMediaTypes: null,
      Ignore: { MediaTypes: null, Actions: ['pull'] },
      QueuePurgeTimeout: 5_000_000_000,
      QueueSizeLimit: 100_000,
      Metrics: {
        Endpoint: 'shown',
        Pending: 0,
        Events: 1,
        Successes: 0,
        Failures: 1,
        Errors: 0,
        Statuses: { '500 Internal Server Error': 1 },
        Retries: 1,
        Delivered: 0,
        Dropped: 0,
        Lost: 1,
      },
    },
  ])
  const said = bed.telemetry.lines.map(
    ({ facts, message }) => `${message} ${JSON.stringify(facts)} ${String(facts['err'])}`,
  )
  assert.ok(said.length > 0)
  assert.doesNotMatch(`${said.join('\n')} ${error}`, /hidden|hook/)
})

test('without headers and with GitLab’s retries the published names are those of GitLab', () => {
  const endpoint = new Endpoint({ name: 'g', url: 'http://127.0.0.1:1/', profile: 'gitlab', maxRetries: -1 })
  const shown = endpoint.toJSON()
  assert.deepEqual([shown.Headers, shown.MaxRetries, 'Threshold' in shown], [null, -1, false])
})

test('metrics have the name of the endpoint and the status for labels, nothing of an event', async (t) => {
  const { endpoint, telemetry } = await endpointBed(
    t,
    inOrder(status(500), (socket) => socket.end(), status(200)),
  )
  await endpoint.write(events(0, 3))
  await endpoint.close()
  const own = [...telemetry.values].filter(([name]) => name.startsWith('registry_relay_endpoint_')).toSorted()
  assert.deepEqual(own, [
    ['registry_relay_endpoint_attempt_seconds e', 3],
    ['registry_relay_endpoint_attempts_total e 200', 1],
    ['registry_relay_endpoint_attempts_total e 500', 1],
    ['registry_relay_endpoint_attempts_total e none', 1],
    ['registry_relay_endpoint_delivered_events_total e', 3],
    ['registry_relay_endpoint_events_total e', 3],
    ['registry_relay_endpoint_retries_per_event e', 3],
  ])
})
