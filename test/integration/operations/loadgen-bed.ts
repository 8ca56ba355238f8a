import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { freePorts } from '../../../src/local-stack/free-ports.ts'
import type { Relay } from '../../support/relay.ts'
import { until } from '../../support/until.ts'

/** What a proxy does with the nth event, from 1: hands it on, takes it and drops it, or takes it and hands it on at the end. */
export type Fate = (count: number) => 'pass' | 'drop' | 'hold'

/** In front of a gateway; takes what it drops or holds as if it were the gateway. Its URL. */
export async function proxyTo(t: TestContext, url: string, fate: Fate): Promise<string> {
  let count = 0
  const held: (() => Promise<Response>)[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    const headers = new Headers({ 'content-type': request.headers['content-type'] ?? '' })
    const pass = (): Promise<Response> => fetch(url, { method: 'POST', headers, body })
    // The question before the first event is none.
    const doing = body.length === 2 ? 'pass' : fate(++count)
    if (doing === 'hold') held.push(pass)
    const status = doing === 'pass' ? (await pass()).status : 200
    if (doing === 'pass') for (const late of held.splice(0)) await late()
    response.writeHead(status, { 'content-length': 0 }).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Hands what the bridge of a relay delivers from now on to another receiver, in its order; that one's address. */
export async function forwardDeliveries(t: TestContext, relay: Relay): Promise<string> {
  const [port] = await freePorts(1)
  let ended = false
  let next = relay.received.length
  const forwarding = (async () => {
    for (;;) {
      await until(() => ended || relay.received.length > next, { ms: 120_000 })
      const post = relay.received[next++]
      if (ended || post === undefined) return
      await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: new Uint8Array(post.body) })
    }
  })()
  t.after(async () => {
    ended = true
    // The receiver goes away with its command, maybe in the middle of a repeat.
    await forwarding.catch(() => {})
  })
  return `127.0.0.1:${port}`
}
