import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import {
  apiVersionsRequest,
  probeKafka,
  readApiVersionsAnswer,
} from '../../../src/local-stack/kafka-probe.ts'

test('asks for ApiVersions 0 in the bytes of the protocol', () => {
  assert.equal(apiVersionsRequest().toString('hex'), '0000000a' + '0012' + '0000' + '52454c41' + 'ffff')
})

test('waits for the bytes of an answer, and takes only one to its own question', () => {
  const answer = Buffer.from('0000001052454c410000000000', 'hex')
  assert.equal(readApiVersionsAnswer(answer.subarray(0, 9)), undefined)
  assert.equal(readApiVersionsAnswer(answer), true)
  assert.equal(readApiVersionsAnswer(Buffer.from('0000001052454c410023000000', 'hex')), false)
  assert.equal(readApiVersionsAnswer(Buffer.from('HTTP/1.1 400 Bad Request')), false)
})

test('resolves when the answer comes, also in pieces', async (t) => {
  const port = await serve(t, (socket) => {
    socket.once('data', () => {
      socket.write(Buffer.from('0000001052', 'hex'))
      setImmediate(() => socket.write(Buffer.from('454c410000000000', 'hex')))
    })
  })
  await probeKafka('127.0.0.1', port, 1000)
})

test('says why a port is no broker', async (t) => {
  const closing = await serve(t, (socket) => socket.end())
  const silent = await serve(t, () => {})
  const other = await serve(t, (socket) => socket.write('SSH-2.0-OpenSSH_9.2\r\n'))
  await assert.rejects(probeKafka('127.0.0.1', closing, 1000), /closed the connection/)
  await assert.rejects(probeKafka('127.0.0.1', silent, 20), /did not answer within 20 ms/)
  await assert.rejects(probeKafka('127.0.0.1', other, 1000), /not as a Kafka broker/)
  await assert.rejects(probeKafka('127.0.0.1', 1, 1000), /cannot be reached/)
})

async function serve(t: TestContext, talk: (socket: Socket) => void): Promise<number> {
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => {})
    talk(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of open) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  return address.port
}
