import type { Duplex } from 'node:stream'
import type { EventRecord } from '../avro/record.ts'
import type { Clock } from '../clock.ts'
import { toError } from '../errors.ts'
import type { Sink } from '../sink/sink.ts'
import { writeWithin } from './acknowledged-write.ts'
import { type AdmissionOptions, refusalByHead } from './admission.ts'
import { receiveBody } from './body.ts'
import { ByteBudget } from './byte-budget.ts'
import { Exchange, type ExchangeContext, type IncomingRequest, type OutgoingAnswer } from './exchange.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'
import type { Intake, Notification } from './intake.ts'
import { internalError, type Refusal, refusalOf } from './refusal.ts'

export interface NotificationHandlerOptions {
  readonly intake: Intake
  readonly sink: Sink<EventRecord>
  readonly admission: AdmissionOptions
  readonly ackBudgetMs: number
  readonly maxBodiesBytes: number
  readonly metrics: GatewayMetrics
  readonly clock: Clock
  readonly exchange: ExchangeContext
}

/** The way of a notification through the gateway: head, body, intake, sink, answer. */
export class NotificationHandler {
  readonly #options: NotificationHandlerOptions
  readonly #bodies: ByteBudget
  // By connection: of several requests sent ahead, only one is being received.
  readonly #receiving = new Map<Duplex, Exchange>()

  constructor(options: NotificationHandlerOptions) {
    this.#options = options
    this.#bodies = new ByteBudget(options.maxBodiesBytes)
  }

  /** `continueAsked`: the sender holds its body back until it knows that the head will do. */
  handle(request: IncomingRequest, answer: OutgoingAnswer, continueAsked: boolean): void {
    const { admission, exchange: context } = this.#options
    const exchange = new Exchange(request, answer, context)
    const refusal = refusalByHead(request, admission)
    if (refusal !== undefined) {
      exchange.refuse(refusal)
      return
    }
    if (continueAsked) answer.writeContinue()
    this.#receiving.set(request.socket, exchange)
    const received = (): boolean => this.#receiving.delete(request.socket)
    receiveBody(
      request,
      { maxBodyBytes: admission.maxBodyBytes, budget: this.#bodies },
      {
        complete: (body) => {
          received()
          this.#publish(body, exchange)
        },
        refused: (limit) => {
          received()
          exchange.refuse(limit)
        },
        gone: () => {
          received()
          exchange.gone()
        },
      },
    )
  }

  /** For a request that node:http answers by itself or that has an `Expect` nobody knows. */
  refuse(request: IncomingRequest, answer: OutgoingAnswer, refusal: Refusal): void {
    new Exchange(request, answer, this.#options.exchange).refuse(refusal)
  }

  /** What a connection was sending when it broke. */
  receivingFrom(socket: Duplex): Exchange | undefined {
    return this.#receiving.get(socket)
  }

  /**
   * Called in the tick the body ended, and calls the sink in the same: two notifications of one repository reach it in
   * the order they were received.
   */
  #publish(body: Buffer, exchange: Exchange): void {
    const { intake, sink, metrics, ackBudgetMs, clock } = this.#options
    metrics.bodyReceived(body.length)
    let notification: Notification
    try {
      notification = intake(body, contentTypeOf(exchange.request))
    } catch (error) {
      this.#fail(exchange, error, 0)
      return
    }
    const { records } = notification
    const acknowledged = (): void => {
      metrics.acknowledged(notification)
      exchange.accept()
    }
    if (records.length === 0) {
      acknowledged()
      return
    }
    // A sender that goes away now does not take its events back: it will send them again, and until then they are
    // better stored than not.
    writeWithin(sink, records, {
      ms: ackBudgetMs,
      clock,
      late: () => metrics.acknowledgedLate(records.length),
    }).then(acknowledged, (error: unknown) => this.#fail(exchange, error, records.length))
  }

  #fail(exchange: Exchange, error: unknown, events: number): void {
    const refusal = refusalOf(error) ?? internalError
    if (events > 0) this.#options.metrics.refused(events, refusal.code)
    exchange.refuse(refusal, toError(error))
  }
}

function contentTypeOf({ headers }: IncomingRequest): string | undefined {
  const contentType = headers['content-type']
  return typeof contentType === 'string' ? contentType : undefined
}
