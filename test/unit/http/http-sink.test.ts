import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Clock } from '../../../src/clock.ts'
import { readEnvelope } from '../../../src/event/envelope.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { HttpSink, permanentStatuses } from '../../../src/http/http-sink.ts'
import { packageVersion } from '../../../src/version.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { recordedBodies } from '../../support/notification-fixtures.ts'
import { type Answer, inOrder, rawReceiver, silence, status } from '../../support/raw-receiver.ts'
import { failureOf, httpSinkBed as setUp } from './http-sink-bed.ts'

const event: Event = { id: 'e1', action: 'push', target: { repository: 'team/app', tag: '1' } }
const others: readonly Event[] = [{ id: 'e2' }, { id: 'e3' }]

test('one write is one POST of one Envelope, and every byte of it is known', async (t) => {
  const { receiver, sink } = await setUp(t, status(200))
  assert.deepEqual(await sink.write([event, ...others]), { status: 200 })
  const body = encodeEnvelope([event, ...others], 'distribution-3')
  assert.deepEqual(receiver.requests, [
    {
      line: 'POST /hook?k=1 HTTP/1.1',
      headers: [
        `host: 127.0.0.1:${receiver.port}`,
        'connection: keep-alive',
        `User-Agent: registry-relay/${packageVersion()}`,
        'Content-Type: application/vnd.docker.distribution.events.v2+json',
        'Accept-Encoding: gzip',
        `content-length: ${Buffer.byteLength(body)}`,
      ],
      body,
      connection: 1,
    },
  ])
})

test('configured headers are added, sorted, each value on a line of its own, and replace none but the user agent', async (t) => {
  const { receiver, sink } = await setUp(t, status(204), {
    profile: 'gitlab',
    headers: {
      'X-Team': ['b', 'a'],
      'x-lower': 'ü',
      'user-agent': ['mine', 'not this'],
      'Content-Type': ['application/json'],
      Authorization: ['Bearer t'],
    },
  })
  await sink.write([event])
  assert.deepEqual(receiver.requests[0]?.headers.slice(2, -1), [
    'User-Agent: mine',
    'Authorization: Bearer t',
    'Content-Type: application/vnd.docker.distribution.events.v1+json',
    'Content-Type: application/json',
    'X-Team: b',
    'X-Team: a',
    'x-lower: \u00c3\u00bc',
    'Accept-Encoding: gzip',
  ])
})

test('user name and password of the URL become Basic credentials, in front of a configured Authorization', async (t) => {
  const receiver = await rawReceiver(t, status(200))
  const url = receiver.url.replace('//', '//us%3Aer:p%C3%A4ss@')
  const sink = new HttpSink({ url, headers: { Authorization: 'Bearer t' } })
  t.after(() => sink.close())
  await sink.write([event])
  const basic = Buffer.from('us:er:päss', 'utf8').toString('base64')
  assert.deepEqual(
    receiver.requests[0]?.headers.filter((line) => line.startsWith('Authorization')),
    [`Authorization: Basic ${basic}`, 'Authorization: Bearer t'],
  )
  assert.equal(receiver.requests[0]?.line, 'POST /hook?k=1 HTTP/1.1')
})

test('headers of the connection are not sent in any spelling, and a warning names them', async (t) => {
  const warned: unknown[] = []
  const logger = {
    debug() {},
    info() {},
    error() {},
    warn: (facts: unknown) => warned.push(facts),
    child: () => logger,
  }
  const { receiver, sink } = await setUp(t, status(200), {
    headers: {
      Host: 'other',
      'content-length': '1',
      'Transfer-Encoding': 'chunked',
      Trailer: 'x',
      'X-Kept': 'y',
    },
    telemetry: {
      logger,
      metrics: {
        counter: () => ({ add() {} }),
        gauge: () => ({ set() {}, remove() {} }),
        histogram: () => ({ observe() {} }),
      },
    },
  })
  await sink.write([event])
  const names = receiver.requests[0]?.headers.map((line) => line.split(':')[0])
  assert.deepEqual(names, [
    'host',
    'connection',
    'User-Agent',
    'Content-Type',
    'X-Kept',
    'Accept-Encoding',
    'content-length',
  ])
  const headers = ['Host', 'content-length', 'Transfer-Encoding', 'Trailer']
  assert.deepEqual(warned, [{ origin: new URL(receiver.url).origin, headers }])
})

for (const [what, options, message] of [
  ['an empty URL', { url: '' }, /^url: expected an absolute http or https URL$/],
  [
    'a URL without a scheme',
    { url: 'host/path?token=secret' },
    /^url: expected an absolute http or https URL$/,
  ],
  ['another scheme', { url: 'ftp://host/' }, /^url: expected http or https, got ftp$/],
  ['a header name with a blank', { headers: { 'a b': 'secret' } }, /^headers: "a b" is no name of a header$/],
  [
    'a header value with a line break',
    { headers: { a: 'secret\r\nb: c' } },
    /^headers: "a" has a value with a line break/,
  ],
  ['a file name for a certificate', { tls: { ca: '/etc/ca.pem' } }, /^tls\.ca: expected PEM text/],
  ['a certificate without its key', { tls: { cert: '-----BEGIN CERTIFICATE-----' } }, /^tls: cert and key/],
  [
    'a proxy that is no URL',
    { proxy: { url: 'proxy:3128' } },
    /^proxy\.url: expected http or https, got proxy$/,
  ],
  [
    'a proxy with a path',
    { proxy: { url: 'http://proxy/path' } },
    /^proxy\.url: expected host and port only/,
  ],
] as const) {
  test(`${what} is refused at construction`, () => {
    assert.throws(() => new HttpSink({ url: 'http://127.0.0.1:1/', ...options }), {
      code: 'CONFIG_INVALID',
      message,
    })
  })
}

test('what registries sent goes out again with the same bytes and media type', async (t) => {
  const { receiver, sink } = await setUp(t, status(200), { profile: 'distribution-3' })
  // Bytes that were no UTF-8 have two wire forms, and a decoded event does not know which it was.
  const recorded = recordedBodies()
    .filter(({ set, body }) => set === 'distribution-3.1.1' && !body.includes('\\ufffd'))
    .slice(0, 60)
  assert.equal(recorded.length, 60)
  for (const { body } of recorded) await sink.write(readEnvelope(body).events.map((one) => one.event))
  assert.equal(receiver.requests.length, recorded.length)
  for (const [n, { body, contentType, file }] of recorded.entries()) {
    assert.equal(receiver.requests[n]?.body, body.toString('utf8'), file)
    assert.ok(receiver.requests[n]?.headers.includes(`Content-Type: ${contentType}`), file)
  }
})

for (const code of [200, 201, 202, 204, 299]) {
  test(`${code} is success`, async (t) => {
    const { sink, heard } = await setUp(t, status(code))
    assert.deepEqual(await sink.write([event]), { status: code })
    assert.deepEqual(heard, ['latency', `success 1 ${code}`])
  })
}

// Upstream takes all of the first row for delivered, some after an empty GET to wherever Location says.
for (const code of [300, 301, 302, 303, 304, 305, 307, 308, 400, 401, 404, 413, 429, 500, 503, 599, 999]) {
  test(`${code} is a failure with its status`, async (t) => {
    const { sink, heard } = await setUp(t, status(code))
    const error = await failureOf(sink.write([event, ...others]))
    assert.deepEqual([error.retriable, error.facts['status']], [true, code])
    assert.deepEqual(heard, ['latency', `failure 3 ${code}`])
  })
}

test('a redirect is not followed, to the same host or another, and credentials go nowhere else', async (t) => {
  const elsewhere = await rawReceiver(t, status(200))
  for (const code of [301, 302, 303, 307, 308]) {
    for (const location of [elsewhere.url, '/other']) {
      const { receiver, sink } = await setUp(t, status(code, `location: ${location}`), {
        headers: { Authorization: 'secret' },
      })
      await failureOf(sink.write([event]))
      assert.equal(receiver.requests.length, 1, `${code} ${location}`)
    }
  }
  assert.equal(elsewhere.connections, 0)
})

test('a status among the refusals is not retriable, any other is', async (t) => {
  const { sink } = await setUp(t, inOrder(status(413), status(404)), { refusals: permanentStatuses })
  const refused = await failureOf(sink.write([event]), 'DELIVERY_REFUSED')
  assert.deepEqual([refused.retriable, refused.facts['status']], [false, 413])
  assert.equal((await failureOf(sink.write([event]))).retriable, true)
})

test('Retry-After is among the facts', async (t) => {
  const { sink } = await setUp(t, status(503, 'retry-after: 7'))
  assert.equal((await failureOf(sink.write([event]))).facts['retryAfterMs'], 7_000)
})

test('the error of a failure shows neither path, credentials nor what the endpoint said', async (t) => {
  const { sink } = await setUp(t, status(500, 'x: said'), { headers: { Authorization: 'Bearer hidden' } })
  const error = await failureOf(sink.write([event]))
  assert.match(error.message, /^http:\/\/127\.0\.0\.1:\d+ answered 500$/)
  assert.doesNotMatch(JSON.stringify(error.facts), /hidden|hook|said|Any Words/)
})

const broken: readonly (readonly [what: string, answer: Answer, reason: RegExp])[] = [
  ['a connection that is closed', (socket) => socket.end(), /UND_ERR_SOCKET/],
  ['a connection that is reset', (socket) => socket.resetAndDestroy(), /ECONNRESET|UND_ERR_SOCKET/],
  ['an answer that is no HTTP', (socket) => socket.end('220 smtp ready\r\n'), /HTTPParserError|HPE_/],
  ['half a header', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-le'), /UND_ERR_SOCKET/],
  [
    'a header without end',
    (socket) => socket.write(`HTTP/1.1 200 OK\r\na: ${'b'.repeat(70_000)}`),
    /UND_ERR_HEADERS_OVERFLOW/,
  ],
  [
    'a switch of protocols',
    (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
    /UND_ERR_SOCKET/,
  ],
  ['a 101 that switches nothing', (socket) => socket.write('HTTP/1.1 101 Words\r\n\r\n'), /./],
]

for (const [what, answer, reason] of broken) {
  test(`${what} is an error without a status`, async (t) => {
    const { sink, heard } = await setUp(t, answer)
    const error = await failureOf(sink.write([event]))
    assert.match(String(error.facts['reason']), reason)
    assert.deepEqual([error.retriable, error.facts['status']], [true, undefined])
    assert.deepEqual(heard, ['latency', 'error 1 DELIVERY_FAILED'])
  })
}

test('a refused connection is an error', async (t) => {
  const { receiver, sink } = await setUp(t, silence)
  await receiver.die()
  assert.equal((await failureOf(sink.write([event]))).facts['reason'], 'ECONNREFUSED')
})

test('interim answers are passed over', async (t) => {
  const { sink } = await setUp(t, (socket) => {
    socket.write(
      'HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    )
  })
  assert.deepEqual(await sink.write([event]), { status: 200 })
})

test('an attempt ends when its time is up, and the next one has its own', async (t) => {
  const clock = new ManualClock()
  const { receiver, sink, heard } = await setUp(t, silence, { clock, timeoutMs: 1_000 })
  for (let attempt = 1; attempt <= 3; attempt++) {
    const write = failureOf(sink.write([event]))
    await receiver.received(attempt)
    await clock.advance(999)
    assert.equal(heard.length, 2 * (attempt - 1))
    await clock.advance(1)
    assert.equal((await write).facts['reason'], 'TOTAL_TIMEOUT')
  }
  assert.deepEqual(heard, [
    'latency',
    'error 1 DELIVERY_FAILED',
    'latency',
    'error 1 DELIVERY_FAILED',
    'latency',
    'error 1 DELIVERY_FAILED',
  ])
})

test('without a timeout an attempt waits as long as the endpoint takes', async (t) => {
  const clock = new ManualClock()
  let answer = (): void => {}
  const { receiver, sink } = await setUp(
    t,
    (socket, request) => {
      answer = () => status(200)(socket, request)
    },
    { clock, timeoutMs: 0 },
  )
  const write = sink.write([event])
  await receiver.received(1)
  await clock.advance(3_600_000)
  answer()
  assert.deepEqual(await write, { status: 200 })
})

test('an empty write resolves without a request', async (t) => {
  const { receiver, sink, heard } = await setUp(t, status(200))
  assert.equal(await sink.write([]), undefined)
  assert.deepEqual([receiver.connections, heard], [0, []])
})

test('an event that cannot be written is an error that no repetition heals', async (t) => {
  const { receiver, sink, heard } = await setUp(t, status(200))
  const error = await failureOf(sink.write([{ target: { size: 0.5 } }]), 'EVENT_INVALID')
  assert.equal(error.retriable, false)
  assert.deepEqual([heard, receiver.connections], [['error 1 EVENT_INVALID'], 0])
  assert.deepEqual(await sink.write([event]), { status: 200 })
})

test('a repeated write sends the body it was encoded to the first time', async (t) => {
  const { receiver, sink } = await setUp(t, inOrder(status(500), status(200)))
  let reads = 0
  const watched: Event = {
    get id() {
      return String(++reads)
    },
  }
  const events = [watched]
  await failureOf(sink.write(events))
  await sink.write(events)
  assert.equal(receiver.requests[0]?.body, receiver.requests[1]?.body)
  assert.equal(reads, 1)
})

test('the body of an answer decides nothing and is not read past a limit', async (t) => {
  let sent = 0
  const { receiver, sink } = await setUp(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\n\r\n')
    const chunk = Buffer.alloc(16 * 1024)
    const fill = (): void => {
      while (!socket.destroyed && socket.write(chunk)) sent += chunk.length
    }
    socket.on('drain', fill)
    fill()
  })
  assert.deepEqual(await sink.write([event]), { status: 200 })
  assert.deepEqual(await sink.write([event]), { status: 200 })
  // What the sockets of the system buffer counts as sent, so the limit shows as a connection that was given up.
  assert.equal(receiver.connections, 2)
  assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`)
})

test('an observer that throws changes nothing', async (t) => {
  const { sink } = await setUp(t, status(200), {
    observers: [
      {
        success() {
          throw new Error('observer')
        },
      },
    ],
  })
  assert.deepEqual(await sink.write([event]), { status: 200 })
})

test('the latency of an attempt is told in milliseconds', async (t) => {
  let now = 0
  const clock: Clock = {
    ...new ManualClock(),
    now: () => 0,
    monotonic: () => now,
    after: () => () => {},
    soon: () => () => {},
  }
  const slow: Answer = (socket, got) => {
    now += 250
    status(500)(socket, got)
  }
  const took: number[] = []
  const { sink } = await setUp(t, slow, { clock, observers: [{ latency: (ms) => took.push(ms) }] })
  await failureOf(sink.write([event]))
  assert.deepEqual(took, [250])
})

test('sizes beyond 2^53 keep every digit, and half a character goes out as the escape that Go writes', async (t) => {
  const { receiver, sink } = await setUp(t, status(200))
  await sink.write([{ id: 'a\ud800b', target: { size: 9_007_199_254_740_993n } }])
  const { body = '' } = receiver.requests[0] ?? {}
  assert.match(body, /"size": 9007199254740993\n/)
  assert.ok(body.includes('"id": "a\\ufffdb"'), body)
})
