import type { Duplex, Readable, Writable } from 'node:stream'
import type { Clock } from '../clock.ts'
import type { TraceSpan } from '../telemetry.ts'
import type { RequestHead } from './admission.ts'
import { discardBody } from './body.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'
import type { Refusal } from './refusal.ts'
import type { RejectionLog } from './rejection-log.ts'
import { endRequest } from './request-span.ts'

/** Of node:http's request, what a gateway uses. */
export interface IncomingRequest extends Readable, RequestHead {
  /** All of it was received. */
  readonly complete: boolean
  readonly socket: Duplex & { readonly remoteAddress?: string | undefined }
}

/** Of node:http's response, what a gateway uses. */
export interface OutgoingAnswer extends Writable {
  readonly headersSent: boolean
  /** Null while answers to earlier requests of the connection are still due. */
  readonly socket: Duplex | null
  writeHead(status: number, headers: Readonly<Record<string, string | number>>): unknown
  writeContinue(): void
}

export interface ExchangeContext {
  readonly metrics: GatewayMetrics
  readonly log: RejectionLog
  readonly clock: Clock
  /** How long a body that is not wanted is read on, so that its sender gets to see the answer. */
  readonly lingerMs: number
  /** True: the server is stopping, so the connection ends with this answer. */
  readonly closing: () => boolean
  /** Connections that were told to end: what was sent ahead behind that answer is not looked at. */
  readonly ending: WeakSet<Duplex>
}

/** One request and its one answer: the first outcome is sent, counted and logged; a later one changes nothing. */
export class Exchange {
  readonly request: IncomingRequest
  readonly #answer: OutgoingAnswer
  readonly #context: ExchangeContext
  readonly #beganAt: number
  #open = true
  #span: TraceSpan | undefined

  constructor(request: IncomingRequest, answer: OutgoingAnswer, context: ExchangeContext) {
    this.request = request
    this.#answer = answer
    this.#context = context
    this.#beganAt = context.clock.monotonic()
    context.metrics.requestBegan()
  }

  /** Ends with the outcome. */
  traced(span: TraceSpan): void {
    this.#span = span
  }

  /** 200 without a body: every registry asks for gzip, and compressing nothing costs more than all the rest. */
  accept(): void {
    if (!this.#settle(200)) return
    if (this.#unheard()) return
    this.#answer.writeHead(200, { 'Content-Length': 0, ...this.#connection(false) })
    this.#answer.end()
  }

  /** `err` is for the log only. */
  refuse(refusal: Refusal, err?: Error): void {
    if (!this.#settle(refusal.status, refusal.code)) return
    this.#count(refusal, err)
    if (this.#unheard()) return
    const body = JSON.stringify({ code: refusal.code, message: refusal.message })
    const unread = hasBody(this.request) && !this.request.complete
    this.#answer.writeHead(refusal.status, {
      'Content-Type': 'application/json',
      'Content-Length': Buffer.byteLength(body),
      ...refusal.headers,
      ...this.#connection(unread),
    })
    if (!unread) {
      this.#answer.end(body)
      return
    }
    // The whole answer goes out now; only its end, which closes the connection, waits for the rest of the body. Now, and
    // not a tick later: what came in the same piece may be no HTTP, and end the connection at once.
    this.#answer.write(body)
    this.#answer.socket?.uncork()
    discardBody(this.request, this.#context.clock, this.#context.lingerMs, () => this.#answer.end())
  }

  /** The sender went away in the middle of its request: there is nobody to answer. */
  gone(): void {
    const code = 'SENDER_GONE'
    if (!this.#settle(undefined, code)) return
    this.#count({
      status: 0,
      code,
      message: 'The sender went away in the middle of its request.',
    })
  }

  /**
   * The connection can no longer be understood and is about to be destroyed. True: nothing was answered yet and it is
   * this request's turn, so `refusal` may be written to the connection as it is.
   */
  broken(refusal: Refusal): boolean {
    if (!this.#settle(refusal.status, refusal.code)) return false
    this.#count(refusal)
    return !this.#answer.headersSent && this.#answer.socket !== null
  }

  #settle(status: number | undefined, code?: string): boolean {
    if (!this.#open) return false
    this.#open = false
    const { metrics, clock } = this.#context
    metrics.requestEnded(status, (clock.monotonic() - this.#beganAt) / 1_000)
    if (this.#span !== undefined) endRequest(this.#span, status, code)
    return true
  }

  #count({ status, code, message }: Refusal, err?: Error): void {
    this.#context.metrics.rejected(code)
    const facts = { status, sender: this.request.socket.remoteAddress, ...(err === undefined ? {} : { err }) }
    this.#context.log.rejected(
      status === 500 ? 'error' : 'warn',
      code,
      facts,
      `notification refused: ${message}`,
    )
  }

  #unheard(): boolean {
    if (!this.request.socket.destroyed) return false
    this.#context.metrics.answerUnheard()
    return true
  }

  #connection(close: boolean): Readonly<Record<string, string>> {
    if (!close && !this.#context.closing()) return {}
    this.#context.ending.add(this.request.socket)
    return { Connection: 'close' }
  }
}

function hasBody({ headers }: RequestHead): boolean {
  return Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined
}
