import type { Duplex } from 'node:stream'
import type { TraceContext } from '../telemetry.ts'
import { type AdmissionOptions, declaredBytes, objectionByHead, refusalByHead } from './admission.ts'
import { type BodyLimits, receiveBody } from './body.ts'
import { ByteBudget } from './byte-budget.ts'
import { Exchange, type ExchangeContext, type IncomingRequest, type OutgoingAnswer } from './exchange.ts'
import type { HandlingRules } from './handling-rules.ts'
import { NotificationKeeper, type NotificationKeeperOptions } from './notification-keeper.ts'
import { type Arrival, keptBytes } from './quarantine.ts'
import { bodyTooLarge, type Refusal } from './refusal.ts'
import type { RequestSpans } from './request-span.ts'
import { readTraceContext } from './trace-context.ts'

export interface NotificationHandlerOptions
  extends Pick<NotificationKeeperOptions, 'sink' | 'maxBodyBytes' | 'metrics' | 'log' | 'clock'> {
  readonly rules: HandlingRules
  readonly admission: Omit<AdmissionOptions, 'maxHeaders'>
  /** Of all requests that are not answered yet. */
  readonly maxBodiesBytes: number
  /** Undefined: nothing is traced. */
  readonly spans?: RequestSpans | undefined
  readonly exchange: Omit<ExchangeContext, 'lingerMs'>
}

/** The rules, with what is made of them. */
interface Handling {
  readonly strict: boolean
  readonly traceparent: boolean
  readonly admission: AdmissionOptions
  readonly limits: BodyLimits
  readonly keeper: NotificationKeeper
  readonly exchange: ExchangeContext
}

/** The way of a notification through the gateway: head, body, intake, sink, answer. */
export class NotificationHandler {
  readonly #options: NotificationHandlerOptions
  readonly #budget: ByteBudget
  // By connection: of several requests sent ahead, only one is being received.
  readonly #receiving = new Map<Duplex, Exchange>()
  #handling: Handling

  constructor(options: NotificationHandlerOptions) {
    this.#options = options
    this.#budget = new ByteBudget(options.maxBodiesBytes)
    this.#handling = this.#handlingBy(options.rules)
  }

  /** For requests from now on; one that has begun is handled to its end by the rules it began under. */
  replaceRules(rules: HandlingRules): void {
    this.#handling = this.#handlingBy(rules)
  }

  /** `continueAsked`: the sender holds its body back until it knows that the head will do. */
  handle(request: IncomingRequest, answer: OutgoingAnswer, continueAsked: boolean): void {
    const handling = this.#handling
    const { admission, strict, exchange: context, limits, keeper } = handling
    // It would be stored although its sender never hears of it, and before what it was sent behind.
    if (context.ending.has(request.socket)) return
    const exchange = new Exchange(request, answer, context)
    const objection = objectionByHead(request)
    const refusal =
      refusalByHead(request, admission) ??
      (strict ? (objection ?? refusalByLength(request, limits)) : undefined)
    if (refusal !== undefined) {
      exchange.refuse(refusal)
      return
    }
    if (continueAsked) answer.writeContinue()
    this.#receiving.set(request.socket, exchange)
    const received = (): boolean => this.#receiving.delete(request.socket)
    // Now: the address of a connection that is gone is unknown.
    const arrival = arrivalOf(request, this.#traceOf(request, exchange, handling))
    receiveBody(request, declaredBytes(request), limits, {
      complete: (body) => {
        received()
        keeper.keep({ body, arrival, exchange }, objection)
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
    const { exchange: context } = this.#handling
    if (!context.ending.has(request.socket)) new Exchange(request, answer, context).refuse(refusal)
  }

  /** What a connection was sending when it broke. */
  receivingFrom(socket: Duplex): Exchange | undefined {
    return this.#receiving.get(socket)
  }

  #handlingBy(rules: HandlingRules): Handling {
    const { sink, maxBodyBytes, metrics, log, clock, admission, exchange } = this.#options
    const { intake, quarantine, strict, ackBudgetMs, traceparent, limits } = rules
    return {
      strict,
      traceparent,
      admission: { ...admission, maxHeaders: limits.maxHeaders },
      limits: {
        maxBodyBytes,
        keptOfOversize: strict ? undefined : Math.min(keptBytes, maxBodyBytes),
        budget: this.#budget,
        rate: { graceMs: limits.bodyGraceMs, minBytesPerSecond: limits.minBodyBytesPerSecond },
        clock,
      },
      keeper: new NotificationKeeper({
        intake,
        quarantine,
        sink,
        strict,
        maxBodyBytes,
        ackBudgetMs,
        metrics,
        log,
        clock,
      }),
      exchange: { ...exchange, lingerMs: limits.lingerMs },
    }
  }

  /** What goes with the records: where requests are traced the span of this one, and what the request says else. */
  #traceOf(request: IncomingRequest, exchange: Exchange, handling: Handling): TraceContext | undefined {
    const { spans } = this.#options
    if (spans === undefined) return handling.traceparent ? this.#said(request) : undefined
    const span = spans.begin(request, request.socket.remoteAddress, this.#said(request))
    exchange.traced(span)
    return span.context
  }

  #said({ headers, socket }: IncomingRequest): TraceContext | undefined {
    const { metrics, log } = this.#options
    const { context, dropped } = readTraceContext(headers)
    for (const header of dropped) {
      metrics.traceHeaderDropped(header)
      const message = 'a header of the trace context breaks its rules and is not passed on'
      log.rejected('warn', 'TRACE_HEADER', { header, sender: socket.remoteAddress }, message)
    }
    return context
  }
}

function refusalByLength(request: IncomingRequest, { maxBodyBytes }: BodyLimits): Refusal | undefined {
  return (declaredBytes(request) ?? 0) > maxBodyBytes ? bodyTooLarge(maxBodyBytes) : undefined
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
