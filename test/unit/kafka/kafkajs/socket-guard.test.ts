import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { type TestContext, test } from 'node:test'
import { createServer } from 'node:tls'
import { classify, rootCause } from '../../../../src/kafka/classify.ts'
import type { KafkaTls } from '../../../../src/kafka/connection.ts'
import { createKafka } from '../../../../src/kafka/kafkajs/client.ts'
import { SocketGuard } from '../../../../src/kafka/kafkajs/socket-guard.ts'
import { sayWhatIsWrong } from '../../../../src/kafka/kafkajs/tls-words.ts'
import { noTelemetry } from '../../../../src/telemetry.ts'
import { until } from '../../../support/until.ts'

const pem = (name: string): string =>
  readFileSync(new URL(`../../../fixtures/kafka-tls/${name}`, import.meta.url), 'utf8')
const ca = pem('authority.crt')
const client = { cert: pem('client.crt'), key: pem('client.key') }

async function listen(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

/** Takes clients with and without certificates, and keeps their names. */
async function tlsServer(t: TestContext, certificate: string): Promise<{ port: number; names: unknown[] }> {
  const names: unknown[] = []
  const broker = pem(certificate)
  const server = createServer(
    { key: broker, cert: broker, ca, requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.on('error', () => {})
      names.push(socket.getPeerCertificate()?.subject?.CN)
      socket.end()
    },
  )
  return { port: await listen(t, server), names }
}

/** Undefined when the connection came about, and the server ended it. */
function connect(guard: SocketGuard, port: number): Promise<Error | undefined> {
  return new Promise((resolve) => {
    const socket: Socket = guard.connect({ host: '127.0.0.1', port, ssl: {}, onConnect: () => {} })
    socket
      .once('error', resolve)
      .once('close', () => resolve(undefined))
      .resume()
  })
}

test('every connection is made with the certificates of now', async (t) => {
  const { port, names } = await tlsServer(t, 'broker.pem')
  let tls: KafkaTls = { ca }
  const guard = new SocketGuard(noTelemetry.logger, () => tls)
  assert.equal(await connect(guard, port), undefined)
  tls = { ca, ...client }
  assert.equal(await connect(guard, port), undefined)
  await until(() => names.length === 2)
  assert.deepEqual(names, [undefined, 'relay'])
  tls = { ca: pem('other-authority.crt') }
  const refused = await connect(guard, port)
  assert.match(String(refused), /of no authority that is trusted here.*tls\.caFile/)
})

test('an expired broker, a wrong name and a listener without TLS are told apart', async (t) => {
  const expired = await tlsServer(t, 'broker-expired.pem')
  const guard = new SocketGuard(noTelemetry.logger, { ca })
  assert.match(String(await connect(guard, expired.port)), /the broker's certificate, .*, has expired/)

  const right = await tlsServer(t, 'broker.pem')
  const named = new SocketGuard(noTelemetry.logger, { ca, servername: 'other.test' })
  assert.match(String(await connect(named, right.port)), /for another name \(see tls\.serverName\)/)

  const plain = await listen(
    t,
    createPlainServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.destroy())
    }),
  )
  assert.match(String(await connect(guard, plain)), /closed before TLS stood: .* without TLS/)
})

test('an error that is none of TLS keeps its words', () => {
  const error = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' })
  sayWhatIsWrong(error)
  assert.equal(error.message, 'connect ECONNREFUSED')
})

test('a broker that closes without a word may want TLS or SASL, which is said of what this client lacks', async (t) => {
  const port = await listen(
    t,
    createPlainServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end())
    }),
  )
  const brokers = [`127.0.0.1:${port}`]
  const sasl = { mechanism: 'plain', username: 'u', password: 'p' } as const
  for (const [options, words] of [
    [{ brokers }, /its listener wants TLS or SASL$/],
    [{ brokers, sasl }, /its listener wants TLS$/],
  ] as const) {
    const producer = createKafka(options, noTelemetry).producer({})
    await assert.rejects(producer.connect(), (error) => {
      assert.match(rootCause(error).message, words)
      assert.equal(classify(error), 'retry')
      return true
    })
    await producer.disconnect()
  }
})
