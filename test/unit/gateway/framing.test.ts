import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../support/until.ts'
import { type Gateway, rawConnection, startGateway } from './harness.ts'

const head = (...lines: string[]) =>
  ['POST /notifications HTTP/1.1', 'Host: relay', 'Content-Type: application/json', ...lines, '', ''].join(
    '\r\n',
  )

const rejected = (gateway: Gateway, reason: string) =>
  gateway.metric(`registry_relay_gateway_rejected_total{reason="${reason}"}`)
const requests = (gateway: Gateway, code: string) =>
  gateway.metric(`registry_relay_gateway_requests_total{code="${code}"}`)

const line = 'POST /notifications HTTP/1.1\r\n'
const chunked = 'Transfer-Encoding: chunked'
/** Each carries a second request, which is there for whoever reads the first in another way. */
const smuggled = `${line}Host: relay\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\nsmuggled`
const ambiguous: readonly (readonly [string, string])[] = [
  ['Content-Length and chunks', `${head('Content-Length: 5', chunked)}0\r\n\r\n`],
  ['chunks and Content-Length', `${head(chunked, 'Content-Length: 5')}0\r\n\r\n`],
  ['two lengths', `${head('Content-Length: 5', 'Content-Length: 6')}hello`],
  ['one length twice', `${head('Content-Length: 5', 'Content-Length: 5')}hello`],
  ['a list of lengths', `${head('Content-Length: 5, 5')}hello`],
  ['a length with a sign', `${head('Content-Length: +5')}hello`],
  ['a length in hex', `${head('Content-Length: 0x5')}hello`],
  ['a length beyond all numbers', `${head('Content-Length: 99999999999999999999')}hello`],
  ['chunks twice', `${head(chunked, chunked)}5\r\nhello\r\n0\r\n\r\n`],
  ['something behind the chunks', `${head('Transfer-Encoding: chunked, identity')}5\r\nhello\r\n0\r\n\r\n`],
  ['something like chunks', `${head('Transfer-Encoding: xchunked')}5\r\nhello\r\n0\r\n\r\n`],
  ['an empty encoding and a length', `${head('Transfer-Encoding:', 'Content-Length: 4')}0\r\n\r\n`],
  ['an empty encoding', head('Transfer-Encoding: ')],
  ['a space before the colon', `${head('Content-Length : 5')}hello`],
  ['a space in a name', head('Content Length: 5')],
  ['a folded line', `${head('X: a\r\n b', 'Content-Length: 5')}hello`],
  ['a NUL', `${head('X: a\0b', 'Content-Length: 5')}hello`],
  ['lines that end with LF alone', `${head('Content-Length: 5').replaceAll('\r\n', '\n')}hello`],
  ['one line that ends with LF alone', `${head('X: a\nContent-Length: 5')}hello`],
  ['lines that end with CR alone', `${head('Content-Length: 5').replaceAll('\r\n', '\r')}hello\r\n\r\n`],
  ['no host', `${line}Content-Length: 5\r\n\r\nhello`],
  ['two hosts', `${head('Host: other', 'Content-Length: 5')}hello`],
  ['HTTP/2.0', `${head('Content-Length: 5').replace('HTTP/1.1', 'HTTP/2.0')}hello`],
  ['HTTP/0.9', 'POST /notifications\r\n\r\n'],
  ['chunks in HTTP/1.0', `${head(chunked).replace('HTTP/1.1', 'HTTP/1.0')}5\r\nhello\r\n0\r\n\r\n`],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['no HTTP', 'hello, is this a gateway?\r\n\r\n'],
]
for (const [what, text] of ambiguous) {
  test(`answers 400 to what could be read in two ways, and takes nothing of it: ${what}`, async (t) => {
    const gateway = await startGateway(t)
    const connection = await rawConnection(t, gateway.port)
    connection.socket.write(text + smuggled, 'latin1')
    // Where the first could be read to its end, the second is a request of its own, and answered as such.
    const answers = (): string[] => connection.text().match(/HTTP\/1\.1 \d+/g) ?? []
    await until(() => connection.socket.destroyed || answers().length === 2)
    assert.equal(answers()[0], 'HTTP/1.1 400')
    assert.match(connection.text(), /"MALFORMED_REQUEST"/)
    assert.ok((await rejected(gateway, 'malformed_request')) >= 1)
    const taken = answers().includes('HTTP/1.1 200') ? ['smuggled'] : []
    assert.deepEqual(gateway.sink.texts, taken)
    assert.equal(gateway.sink.rejected.length, 0)
  })
}

test('an Expect is 100-continue and nothing beside it', async (t) => {
  const gateway = await startGateway(t)
  for (const lines of [['Expect: 100-continue, x'], ['Expect: 100-continue', 'Expect: x'], ['Expect: x']]) {
    const { socket, text } = await rawConnection(t, gateway.port)
    socket.write(`${head('Content-Length: 5', ...lines)}hello`)
    await until(() => text().startsWith('HTTP/1.1 417 '))
  }
  assert.equal(gateway.sink.writes.length, 0)
})

test('a request that came in one piece with garbage is stored or not, but not stored and refused', async (t) => {
  const gateway = await startGateway(t)
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 5')}hello\0garbage\r\n\r\n`)
  await closed
  assert.equal(text(), '')
  await until(async () => (await gateway.metric('registry_relay_gateway_in_flight_requests')) === 0)
  assert.equal(await requests(gateway, '400'), 0)
})

test('what was sent ahead behind an answer that ends the connection is left alone', async (t) => {
  const gateway = await startGateway(t, { maxBodyBytes: 10, strict: true })
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head('Content-Length: 11')}hello world${head('Content-Length: 5')}hello`)
  await closed
  assert.deepEqual(text().match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413'])
  assert.equal(gateway.sink.writes.length, 0)
})

test('CONNECT behind another request is hung up on, not answered in its place, and ends nothing else', async (t) => {
  const gateway = await startGateway(t)
  const tunnel = 'CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n'
  gateway.sink.hold = true
  const waiting = await rawConnection(t, gateway.port)
  waiting.socket.write(`${head('Content-Length: 5')}hello${tunnel}`)
  await waiting.closed
  assert.equal(waiting.text(), '')
  gateway.sink.hold = false
  // Behind an answer that ends the connection there is nothing left to write to.
  for (const first of [head('Connection: close', 'Content-Length: 0'), 'GET / HTTP/1.0\r\n\r\n']) {
    const ended = await rawConnection(t, gateway.port)
    ended.socket.write(first + tunnel)
    await ended.closed
    assert.doesNotMatch(ended.text(), /405/)
  }
  const alone = await rawConnection(t, gateway.port)
  alone.socket.write(tunnel)
  await alone.closed
  assert.match(alone.text(), /^HTTP\/1\.1 405 /)
})

test('a refusal is answered in full where nonsense came in one piece with the head', async (t) => {
  const gateway = await startGateway(t)
  const { socket, text, closed } = await rawConnection(t, gateway.port)
  socket.write(`${head(chunked).replace('/notifications', '/elsewhere')}nonsense\r\n`)
  await closed
  assert.match(text(), /^HTTP\/1\.1 404 [\s\S]*\r\n\r\n\{"code":"NOT_FOUND",[\s\S]*\}$/)
})
