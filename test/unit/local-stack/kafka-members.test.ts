import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { type TestContext, test } from 'node:test'
import { metadataRequest, probeMembers, readMembers } from '../../../src/local-stack/kafka-members.ts'

const text = (value: string): string =>
  Buffer.from([0, value.length]).toString('hex') + Buffer.from(value).toString('hex')
const int32 = (value: number): string => value.toString(16).padStart(8, '0')
const member = (id: number, port: number): string => `${int32(id)}${text('127.0.0.1')}${int32(port)}ffff`

/** As a broker writes it; the controller and the topics that follow are not looked at. */
function answer(...members: string[]): Buffer {
  const body = `52454c41${int32(members.length)}${members.join('')}${int32(1)}${int32(0)}`
  return Buffer.from(int32(body.length / 2) + body, 'hex')
}

test('asks for Metadata 1 and for no topic in the bytes of the protocol', () => {
  assert.equal(
    metadataRequest().toString('hex'),
    '0000000e' + '0003' + '0001' + '52454c41' + 'ffff' + '00000000',
  )
})

test('reads who is in the cluster once the whole answer is there', () => {
  const bytes = answer(member(1, 9092), member(300, 65_535))
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(readMembers(bytes.subarray(0, length)), undefined, String(length))
  }
  assert.deepEqual(readMembers(bytes), [
    { id: 1, host: '127.0.0.1', port: 9092 },
    { id: 300, host: '127.0.0.1', port: 65_535 },
  ])
  assert.deepEqual(readMembers(answer()), [])
})

test('a cluster is complete when the broker that is asked names every member', async (t) => {
  const port = await serve(t, answer(member(1, 9092), member(3, 9094)))
  await probeMembers('127.0.0.1', port, [1, 3], 1_000)
  await assert.rejects(probeMembers('127.0.0.1', port, [1, 2, 3, 4], 1_000), /does not know broker 2, 4 yet/)
})

test('an answer to something else is no broker', async (t) => {
  const port = await serve(t, Buffer.from('00000008ffffffff00000000', 'hex'))
  await assert.rejects(probeMembers('127.0.0.1', port, [1], 1_000), /not as a Kafka broker/)
})

async function serve(t: TestContext, bytes: Buffer): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => socket.write(bytes))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  const address = server.address()
  assert(address !== null && typeof address === 'object')
  return address.port
}
