import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from '../../../src/clock.ts'
import { envelopeHash } from '../../crash/generated-event.ts'
import type { Attempt } from './history.ts'
import { machineTime } from './machine-time.ts'
import { begunHeader, memberHeader } from './member-config.ts'

/** What the far end makes of one request. */
interface Verdict {
  readonly waitMs: number
  readonly status: number
  readonly takes: boolean
}

const taken = { status: 204, takes: true }
const refused = { status: 503, takes: false }

/**
 * The one receiver behind all members. Of a hundred requests it refuses one and answers another late; of a thousand, two so
 * late that the member has given up, and then it has taken the event or not, and nobody knows. Keeps every request.
 */
export class FarEnd {
  readonly attempts: Attempt[] = []
  url = ''
  readonly #server: Server
  readonly #random: Random
  readonly #attemptMs: number
  readonly #leavesInDoubt: boolean
  /** Requests without an answer yet. */
  #open = 0

  /** @param leavesInDoubt false: no answer comes too late, so that there is nothing that has to be repeated */
  constructor(random: Random, attemptMs: number, leavesInDoubt: boolean) {
    this.#random = random
    this.#attemptMs = attemptMs
    this.#leavesInDoubt = leavesInDoubt
    this.#server = createServer((message, response) => {
      this.#open += 1
      void this.#handle(message, response).finally(() => {
        this.#open -= 1
      })
    })
    this.#server.keepAliveTimeout = 60_000
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/events`
  }

  get open(): number {
    return this.#open
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  async #handle(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const arrivedAt = machineTime()
    const gone = new AbortController()
    let goneAt = 0
    response.once('close', () => {
      goneAt = machineTime()
      gone.abort()
    })
    const { waitMs, status, takes } = this.#verdict()
    const hash = await bodyHash(message)
    if (hash !== undefined) await pause(waitMs, undefined, { signal: gone.signal }).catch(() => {})
    const answers = hash !== undefined && !gone.signal.aborted
    // Before the answer: what its member does next must not seem to come first.
    const end = answers ? { at: machineTime(), status } : { at: goneAt || machineTime() }
    if (answers) response.writeHead(status).end()
    this.attempts.push({
      id: String(message.headers['webhook-id']),
      member: String(message.headers[memberHeader]),
      begunAt: Number(message.headers[begunHeader]),
      ...{ arrivedAt, takes: takes && hash !== undefined, end },
      ...(hash === undefined ? {} : { hash }),
    })
  }

  #verdict(): Verdict {
    const random = this.#random
    const [kind, size] = [random(), random()]
    if (kind < 0.01) return { ...refused, waitMs: size * 50 }
    if (kind < 0.012 && this.#leavesInDoubt) {
      return { ...(size < 0.5 ? taken : refused), waitMs: this.#attemptMs * 1.5 }
    }
    if (kind < 0.02) return { ...taken, waitMs: this.#attemptMs * (0.3 + size / 2) }
    return { ...taken, waitMs: 20 + size * 80 }
  }
}

/** Undefined when it did not come whole. */
async function bodyHash(message: IncomingMessage): Promise<string | undefined> {
  try {
    const chunks: Buffer[] = []
    for await (const chunk of message) chunks.push(chunk as Buffer)
    return envelopeHash(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
