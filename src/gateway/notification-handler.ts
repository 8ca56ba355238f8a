import type { Duplex } from 'node:stream'
import { type AdmissionOptions, declaredBytes, objectionByHead, refusalByHead } from './admission.ts'
import { type BodyLimits, receiveBody } from './body.ts'
import type { BodyRateLimits } from './body-rate.ts'
import { ByteBudget } from './byte-budget.ts'
import { Exchange, type ExchangeContext, type IncomingRequest, type OutgoingAnswer } from './exchange.ts'
import { NotificationKeeper, type NotificationKeeperOptions } from './notification-keeper.ts'
import { type Arrival, keptBytes } from './quarantine.ts'
import { bodyTooLarge, type Refusal } from './refusal.ts'
import { readTraceContext, type TraceContext } from './trace-context.ts'

export interface NotificationHandlerOptions extends NotificationKeeperOptions {
  readonly admission: AdmissionOptions
  /** Of all requests that are not answered yet. */
  readonly maxBodiesBytes: number
  readonly bodyRate: BodyRateLimits
  /** Take the trace context of requests. */
  readonly traceparent: boolean
  readonly exchange: ExchangeContext
}

/** The way of a notification through the gateway: head, body, intake, sink, answer. */
export class NotificationHandler {
  readonly #options: NotificationHandlerOptions
  readonly #limits: BodyLimits
  readonly #keeper: NotificationKeeper
  // By connection: of several requests sent ahead, only one is being received.
  readonly #receiving = new Map<Duplex, Exchange>()

  constructor(options: NotificationHandlerOptions) {
    const { maxBodyBytes, maxBodiesBytes, strict, bodyRate, clock } = options
    this.#options = options
    this.#limits = {
      maxBodyBytes,
      keptOfOversize: strict ? undefined : Math.min(keptBytes, maxBodyBytes),
      budget: new ByteBudget(maxBodiesBytes),
      rate: bodyRate,
      clock,
    }
    this.#keeper = new NotificationKeeper(options)
  }

  /** `continueAsked`: the sender holds its body back until it knows that the head will do. */
  handle(request: IncomingRequest, answer: OutgoingAnswer, continueAsked: boolean): void {
    const { admission, strict, exchange: context } = this.#options
    // It would be stored although its sender never hears of it, and before what it was sent behind.
    if (context.ending.has(request.socket)) return
    const exchange = new Exchange(request, answer, context)
    const objection = objectionByHead(request)
    const refusal =
      refusalByHead(request, admission) ??
      (strict ? (objection ?? this.#refusalByLength(request)) : undefined)
    if (refusal !== undefined) {
      exchange.refuse(refusal)
      return
    }
    if (continueAsked) answer.writeContinue()
    this.#receiving.set(request.socket, exchange)
    const received = (): boolean => this.#receiving.delete(request.socket)
    // Now: the address of a connection that is gone is unknown.
    const arrival = arrivalOf(request, this.#traceOf(request))
    receiveBody(request, declaredBytes(request), this.#limits, {
      complete: (body) => {
        received()
        this.#keeper.keep({ body, arrival, exchange }, objection)
      },
      refused: (limit) => {
        received()
        exchange.refuse(limit)
      },
      gone: () => {
        received()
        exchange.gone()
      },
    })
  }

  /** For a request that node:http answers by itself or that has an `Expect` nobody knows. */
  refuse(request: IncomingRequest, answer: OutgoingAnswer, refusal: Refusal): void {
    const { exchange: context } = this.#options
    if (!context.ending.has(request.socket)) new Exchange(request, answer, context).refuse(refusal)
  }

  /** What a connection was sending when it broke. */
  receivingFrom(socket: Duplex): Exchange | undefined {
    return this.#receiving.get(socket)
  }

  #traceOf({ headers, socket }: IncomingRequest): TraceContext | undefined {
    const { traceparent, metrics, log } = this.#options
    if (!traceparent) return undefined
    const { context, dropped } = readTraceContext(headers)
    for (const header of dropped) {
      metrics.traceHeaderDropped(header)
      const message = 'a header of the trace context breaks its rules and is not passed on'
      log.rejected('warn', 'TRACE_HEADER', { header, sender: socket.remoteAddress }, message)
    }
    return context
  }

  #refusalByLength(request: IncomingRequest): Refusal | undefined {
    const { maxBodyBytes } = this.#limits
    return (declaredBytes(request) ?? 0) > maxBodyBytes ? bodyTooLarge(maxBodyBytes) : undefined
  }
}

function arrivalOf({ headers, socket }: IncomingRequest, trace: TraceContext | undefined): Arrival {
  return {
    contentType: textOf(headers['content-type']),
    contentEncoding: textOf(headers['content-encoding']),
    userAgent: textOf(headers['user-agent']),
    sender: socket.remoteAddress,
    trace,
  }
}

function textOf(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}
