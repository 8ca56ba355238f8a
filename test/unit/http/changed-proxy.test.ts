import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { type TestContext, test } from 'node:test'
import type { ProxyOptions } from '../../../src/http/connection-options.ts'
import { HttpDelivery } from '../../../src/http/delivery.ts'

async function portOf(t: TestContext, server: Server): Promise<number> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  t.after(() => server.close())
  return (server.address() as AddressInfo).port
}

test('after a change of the proxy password the next request opens a tunnel with the new one', async (t) => {
  const target = createServer((request, response) => {
    request.resume().once('end', () => response.end())
  })
  const asked: (string | undefined)[] = []
  const proxy = createServer().on('connect', (request, socket, head) => {
    asked.push(request.headers['proxy-authorization'])
    const [host = '', port] = String(request.url).split(':')
    const onward = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.write(head)
      socket.pipe(onward).pipe(socket)
    })
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  })
  const url = `http://127.0.0.1:${await portOf(t, target)}/`
  const proxyUrl = `http://127.0.0.1:${await portOf(t, proxy)}`
  let present: ProxyOptions = { url: proxyUrl, authorization: 'Basic one' }
  const delivery = new HttpDelivery({ url, proxy: () => present })
  t.after(() => delivery.close())
  const request = { body: '{}', mediaType: 'a/b', attempt: 1, record: 't-0@1' }
  await delivery.deliver(request)
  await delivery.deliver(request)
  assert.equal(asked.at(-1), 'Basic one')
  const before = asked.length
  present = { url: proxyUrl, authorization: 'Basic two' }
  await delivery.deliver(request)
  assert.deepEqual(asked.slice(before), ['Basic two'])
})
