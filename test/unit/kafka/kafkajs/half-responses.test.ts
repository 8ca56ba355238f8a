import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createKafka } from '../../../../src/kafka/kafkajs/client.ts'
import { frame } from '../../../support/kafka-bytes.ts'
import { until } from '../../../support/until.ts'
import { CountedTelemetry } from '../counted-telemetry.ts'

/** Does with each connection what `serve` does; `index` counts them from 0. */
async function broker(t: TestContext, serve: (socket: Socket, index: number) => void): Promise<string> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    serve(socket, sockets.push(socket) - 1)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** ApiVersions, version 0: no error, and one api, Metadata from version 0 to 1. */
function apiVersions(request: Buffer): Buffer {
  const body = Buffer.alloc(4 + 2 + 4 + 6)
  request.copy(body, 0, 8, 12)
  body.writeInt32BE(1, 6)
  body.writeInt16BE(3, 10)
  body.writeInt16BE(1, 14)
  return frame(body)
}

test('a connection that ended in the middle of a response does not spoil what the next one reads', async (t) => {
  for (const bytes of [1, 3, 4, 11]) {
    let asked = 0
    const address = await broker(t, (socket, index) => {
      socket.on('data', (request: Buffer) => {
        asked += 1
        const answer = apiVersions(request)
        if (index === 0) socket.end(answer.subarray(0, bytes))
        else socket.write(answer)
      })
    })
    const admin = createKafka({ brokers: [address], requestTimeoutMs: 2_000 }, new CountedTelemetry()).admin()
    await admin.connect()
    assert.ok(asked >= 2, `after ${bytes} bytes`)
    await admin.disconnect()
  }
})

test('bytes that no response begins with end the connection and not the process', async (t) => {
  let connections = 0
  const address = await broker(t, (socket, index) => {
    connections += 1
    socket.on('data', (request: Buffer) => {
      socket.write(index === 0 ? Buffer.from([0, 0, 0, 2, 7, 7]) : apiVersions(request))
    })
  })
  const admin = createKafka({ brokers: [address], requestTimeoutMs: 2_000 }, new CountedTelemetry()).admin()
  await admin.connect()
  await until(() => connections === 2)
  await admin.disconnect()
})
