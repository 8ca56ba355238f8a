import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { FrameSplitter } from '../../support/fault-proxy/frame-splitter.ts'
import { encodeProduceResponse, readProduceRequest } from '../../support/fault-proxy/produce-codec.ts'
import { readRequestHead } from '../../support/fault-proxy/request-head.ts'
import { frame, int32 } from '../../support/kafka-bytes.ts'

/** Answers Produce with offset 100 for every partition, and everything else with its correlation id alone. */
export class EchoBroker {
  /** Correlation ids of all requests, in the order in which they came. */
  readonly heard: number[] = []
  readonly connections = new Set<Socket>()
  /** Bytes of all connections. */
  bytes = 0
  readonly address: string

  private constructor(address: string) {
    this.address = address
  }

  static async start(t: TestContext): Promise<EchoBroker> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const broker = new EchoBroker(`127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on('connection', (socket) => broker.#serve(socket))
    t.after(() => {
      for (const socket of broker.connections) socket.destroy()
      server.close()
    })
    return broker
  }

  #serve(socket: Socket): void {
    const splitter = new FrameSplitter()
    this.connections.add(socket)
    socket.on('close', () => this.connections.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      this.bytes += chunk.length
      for (const request of splitter.push(chunk)) this.#answer(socket, request)
    })
  }

  #answer(socket: Socket, request: Buffer): void {
    const { isProduce, correlationId } = readRequestHead(request)
    this.heard.push(correlationId)
    if (!isProduce) {
      socket.write(frame(int32(correlationId)))
      return
    }
    const { acks, targets } = readProduceRequest(request)
    if (acks === 0) return
    const topics = targets.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({
        ...{ partition, errorCode: 0, baseOffset: 100n, logAppendTime: -1n, logStartOffset: 0n },
      })),
    }))
    socket.write(encodeProduceResponse({ correlationId, topics, throttleMs: 0 }))
  }
}
