import { connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { FrameSplitter } from '../../support/fault-proxy/frame-splitter.ts'
import { readCorrelationId } from '../../support/fault-proxy/request-head.ts'
import { until } from '../../support/until.ts'

/** A connection that remembers what it heard. */
export class RawClient {
  readonly responses = new Map<number, Buffer>()
  /** Correlation ids in the order of the responses. */
  readonly order: number[] = []
  bytes = 0
  /** Undefined while the connection stands. */
  ended: 'reset' | 'end' | undefined
  readonly #socket: Socket

  constructor(t: TestContext, address: string) {
    const [host, port] = address.split(':')
    const splitter = new FrameSplitter()
    this.#socket = connect(Number(port), host)
    this.#socket.on('error', () => {
      this.ended ??= 'reset'
    })
    this.#socket.on('end', () => {
      this.ended ??= 'end'
    })
    this.#socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      for (const response of splitter.push(chunk)) {
        const id = readCorrelationId(response)
        this.responses.set(id, Buffer.from(response))
        this.order.push(id)
      }
    })
    t.after(() => this.#socket.destroy())
  }

  send(...requests: readonly Buffer[]): void {
    for (const request of requests) this.#socket.write(request)
  }

  /** Gives the connection up. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Resolves with the response of this correlation id. */
  async response(id: number): Promise<Buffer> {
    await until(() => this.responses.has(id), { what: () => `heard ${this.order.join(', ')}` })
    return this.responses.get(id) as Buffer
  }
}
