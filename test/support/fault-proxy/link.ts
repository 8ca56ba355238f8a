import type { Socket } from 'node:net'
import type { Random } from '../../../src/clock.ts'
import type { Cut, CutAfter, Faults } from './faults.ts'
import { Flow } from './flow.ts'
import type { RequestPlan, ResponsePlan } from './frame-faults.ts'
import { FrameSplitter } from './frame-splitter.ts'
import type { ProxyCounts } from './proxy-counts.ts'
import { type RequestHead, readCorrelationId, readRequestHead } from './request-head.ts'
import { reset } from './reset.ts'

export interface LinkOptions {
  readonly client: Socket
  /** Connecting or connected. */
  readonly broker: Socket
  readonly faults: () => Faults
  /** What becomes of a request and of its response. */
  readonly plan: (head: RequestHead, frame: Buffer) => RequestPlan
  readonly cutAfter: CutAfter | undefined
  readonly random: Random
  readonly counts: ProxyCounts
  readonly onClose: () => void
}

/** One connection of a client to a broker, with what stands between them. */
export class Link {
  readonly #options: LinkOptions
  readonly #toBroker: Flow
  readonly #toClient: Flow
  /** What to do with the responses that are to come, by correlation id. */
  readonly #plans = new Map<number, ResponsePlan>()
  /** What still comes in is of no interest. */
  #deaf = false

  constructor(options: LinkOptions) {
    const { client, broker, faults, random, counts, cutAfter } = options
    this.#options = options
    const onLimit = (): void => this.cut(cutAfter?.how ?? 'reset')
    this.#toBroker = new Flow({ to: broker, faults: () => faults().toBroker, random, counts, onLimit })
    this.#toClient = new Flow({ to: client, faults: () => faults().toClient, random, counts, onLimit })
    if (cutAfter !== undefined) {
      const flow = cutAfter.direction === 'toBroker' ? this.#toBroker : this.#toClient
      flow.limit(cutAfter.bytes)
    }
    this.#watch(client, this.#toBroker, (frame) => this.#request(frame))
    this.#watch(broker, this.#toClient, (frame) => this.#response(frame))
    client.once('close', () => {
      if (broker.destroyed) options.onClose()
    })
    broker.once('close', () => {
      if (client.destroyed) options.onClose()
    })
  }

  cut(how: Cut): void {
    const { client, broker, counts } = this.#options
    if (client.destroyed && broker.destroyed) return
    counts.cut += 1
    this.#deafen()
    for (const socket of [client, broker]) {
      if (how === 'reset') reset(socket)
      else socket.end()
    }
  }

  /** The broker loses its end; the client goes on believing in the connection. */
  halfOpen(): void {
    this.#options.counts.cut += 1
    this.#deafen()
    reset(this.#options.broker)
  }

  /** To be called when the faults have changed. */
  changed(): void {
    const { toBroker, toClient } = this.#options.faults()
    const healed = toBroker.flow !== 'swallow' && toClient.flow !== 'swallow'
    if (healed && (this.#toBroker.damaged || this.#toClient.damaged || this.#deaf)) this.cut('reset')
    else {
      this.#toBroker.changed()
      this.#toClient.changed()
    }
  }

  destroy(): void {
    this.#deafen()
    this.#options.client.destroy()
    this.#options.broker.destroy()
  }

  #deafen(): void {
    this.#deaf = true
    this.#toBroker.close()
    this.#toClient.close()
  }

  #watch(from: Socket, flow: Flow, onFrame: (frame: Buffer) => void): void {
    const splitter = new FrameSplitter()
    let ended = false
    const end = (how: Cut): void => {
      if (ended) return
      ended = true
      if (this.#deaf) from.destroy()
      else flow.end(how)
    }
    from.on('data', (chunk: Buffer) => {
      if (this.#deaf) return
      try {
        for (const frame of splitter.push(chunk)) onFrame(frame)
      } catch {
        this.cut('reset')
      }
    })
    from.once('end', () => end('end'))
    from.once('error', () => end('reset'))
    // Destroyed without a word, as by a cut of our own: the other side may not have heard of it.
    from.once('close', () => end('end'))
  }

  #request(frame: Buffer): void {
    const { counts } = this.#options
    const head = readRequestHead(frame)
    counts.requests += 1
    if (head.isProduce) counts.produceRequests += 1
    const plan = this.#options.plan(head, frame)
    if (plan.kind === 'answered') this.#toClient.send(plan.response)
    else {
      if (plan.kind !== 'pass') this.#plans.set(head.correlationId, plan)
      this.#toBroker.send(frame)
    }
  }

  #response(frame: Buffer): void {
    const { counts } = this.#options
    counts.responses += 1
    const id = readCorrelationId(frame)
    const plan = this.#plans.get(id)
    this.#plans.delete(id)
    if (plan?.kind === 'lose') {
      counts.responsesLost += 1
      if (plan.connection === 'cut') this.cut('reset')
    } else this.#toClient.send(plan === undefined ? frame : plan.change(frame))
  }
}
