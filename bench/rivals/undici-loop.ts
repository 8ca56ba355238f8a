// The ceiling of a bridge: URL, requests in flight, number of events. Posts the Envelopes of the benchmark from memory,
// in no order, and stays until it is ended, so that its CPU time can be read.
import { Pool } from 'undici'
import { contentType, envelopeOf, eventsInOrder } from '../bridge/events.ts'

const [address = '', inFlight = '', events = ''] = process.argv.slice(2)
const url = new URL(address)
const connections = Number(inFlight)
const pool = new Pool(url.origin, { connections, pipelining: 1 })
const bodies = [...eventsInOrder(Number(events))].map((event) => Buffer.from(envelopeOf(event)))
const headers = { 'content-type': contentType }
const idleMs = 1_000

let next = 0
await Promise.all(
  Array.from({ length: connections }, async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const answer = await pool.request({ path: url.pathname, method: 'POST', headers, body })
      await answer.body.dump()
    }
  }),
)
setInterval(() => {}, idleMs)
