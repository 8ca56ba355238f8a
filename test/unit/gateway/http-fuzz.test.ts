import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import { until } from '../../support/until.ts'
import { post, startGateway } from './harness.ts'

const request = (lines: readonly string[], body: string): string =>
  ['POST /notifications HTTP/1.1', 'Host: relay', ...lines, '', body].join('\r\n')

const well = fc.constantFrom(
  request(['Content-Type: application/json', 'Content-Length: 5'], 'hello'),
  request(['Content-Length: 30'], 'x'.repeat(30)),
  request(['Transfer-Encoding: chunked'], '3\r\nabc\r\n4;a=b\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n'),
  request(['Content-Encoding: gzip', 'Content-Length: 3'], '\x1f\x8b\x00'),
  request(['Expect: 100-continue', 'Content-Length: 2'], '{}'),
  'GET / HTTP/1.1\r\nHost: relay\r\n\r\n',
)
const nasty = fc.constantFrom(
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '-1',
  '0x1',
  'ffffffffffffffff',
  '99999999999999999999',
  'Content-Length: 0\r\n',
  'Content-Length: 7\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Transfer-Encoding: gzip, chunked\r\n',
  'Host: b\r\n',
  'Expect: x\r\n',
  'Connection: close\r\n',
  'Connection: Upgrade\r\nUpgrade: h2c\r\n',
  `X: ${'y'.repeat(9_000)}\r\n`,
  'a:\r\n'.repeat(2_000),
  'POST /notifications HTTP/1.1\r\nHost: relay\r\n\r\n',
  'POST http://elsewhere/notifications HTTP/1.1\r\n',
  'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n',
)
interface Change {
  readonly at: number
  readonly cut: number
  readonly put: string
}
const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat({ max: 400 }),
  cut: fc.nat({ max: 6 }),
  put: fc.oneof(nasty, fc.constant(''), fc.string({ unit: 'binary', maxLength: 4 })),
})
const streams = fc
  .tuple(fc.array(well, { minLength: 1, maxLength: 3 }), fc.array(change, { maxLength: 4 }))
  .map(([parts, changes]) =>
    changes.reduce(
      (text, { at, cut, put }) => text.slice(0, at) + put + text.slice(at + cut),
      parts.join(''),
    ),
  )

function answersTo(port: number, stream: string): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.end(stream, 'latin1'))
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(text))
  })
}

test('property: no stream of bytes gets an answer that lies, more events than requests, or the server down', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 20, limits: { lingerMs: 20 } })
  let items = 0
  let kept = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(streams, async (stream) => {
      const text = await answersTo(gateway.port, stream)
      await until(async () => (await gateway.metric('registry_relay_gateway_in_flight_requests')) === 0)
      const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status))
      for (const status of statuses) {
        assert.ok([100, 200, 400, 404, 405, 408, 417, 431, 503].includes(status), String(status))
      }
      const taken = gateway.sink.items.length - items
      items += taken
      const accepted = statuses.filter((status) => status === 200).length
      kept += accepted
      refused += statuses.filter((status) => status >= 400).length
      // What is answered 200 is kept. More than that may be kept where the sender hung up before its answer.
      assert.ok(accepted <= taken, `${accepted} answers for ${taken} items`)
      assert.ok(taken <= stream.split('HTTP/1.').length - 1, `${taken} items`)
      assert.doesNotMatch(text, /elsewhere|hello|\0/)
    }),
    { numRuns: 500, seed: 20_260_101 },
  )
  // The run means something only if it has seen both.
  assert.ok(kept > 50 && refused > 50, `${kept} kept, ${refused} refused`)
  assert.equal((await post(gateway.url, 'after')).status, 200)
  assert.doesNotMatch(gateway.logs.join(''), /"level":"error"/)
})
