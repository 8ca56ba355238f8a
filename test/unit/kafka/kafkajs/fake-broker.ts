import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { int16, int32, text } from '../../../support/kafka-bytes.ts'

/** What a broker has to say to the bytes of one SaslAuthenticate. */
export interface Verdict {
  readonly error?: string
  /** For the client to go on with; default: none, it is let in. */
  readonly challenge?: string
  /** Milliseconds until it must authenticate again; default: never. */
  readonly lifetimeMs?: number
  /** It says nothing at all. */
  readonly silent?: boolean
}

const int64 = (value: number): Buffer => Buffer.concat([int32(0), int32(value)])

/** ApiVersions, SaslHandshake, SaslAuthenticate, Metadata: highest versions of the client. */
const versions = [
  [18, 2],
  [17, 1],
  [36, 1],
  [3, 6],
] as const

/**
 * As much of a broker as it takes to authenticate: what a real one cannot be made to do at will, and the bytes that it
 * is sent. A request for Metadata is recorded and ends the connection.
 */
export class FakeBroker {
  /** `authenticate:<bytes>` and `metadata`, in the order of coming. */
  readonly seen: string[] = []
  connections = 0
  verdict: (bytes: string) => Verdict = () => ({})
  readonly #sockets = new Set<Socket>()
  readonly #server = createServer((socket) => this.#serve(socket))

  static async start(t: TestContext): Promise<FakeBroker> {
    const broker = new FakeBroker()
    await new Promise<void>((resolve) => broker.#server.listen(0, '127.0.0.1', resolve))
    t.after(() => {
      broker.cut()
      broker.#server.close()
    })
    return broker
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Ends every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #serve(socket: Socket): void {
    this.connections += 1
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#sockets.delete(socket))
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
        const end = 4 + bytes.readInt32BE(0)
        this.#answer(socket, bytes.subarray(4, end))
        bytes = bytes.subarray(end)
      }
    })
  }

  #answer(socket: Socket, request: Buffer): void {
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)))
    const answer = this.#bodyOf(request.readInt16BE(0), body)
    if (answer === undefined) return void socket.destroy()
    if (answer === 'silent') return
    const message = Buffer.concat([request.subarray(4, 8), ...answer])
    socket.write(Buffer.concat([int32(message.length), message]))
  }

  #bodyOf(api: number, body: Buffer): readonly Buffer[] | 'silent' | undefined {
    switch (api) {
      case 18:
        return [
          int16(0),
          int32(versions.length),
          ...versions.flatMap(([key, max]) => [int16(key), int16(0), int16(max)]),
          int32(0),
        ]
      case 17:
        return [int16(0), int32(1), text(body.subarray(2).toString())]
      case 36: {
        const bytes = body.subarray(4).toString()
        this.seen.push(`authenticate:${bytes}`)
        const { error, challenge = '', lifetimeMs = 0, silent = false } = this.verdict(bytes)
        if (silent) return 'silent'
        const message = error === undefined ? int16(-1) : text(error)
        const challenged = Buffer.from(challenge)
        return [
          int16(error === undefined ? 0 : 58),
          message,
          int32(challenged.length),
          challenged,
          int64(lifetimeMs),
        ]
      }
      default:
        this.seen.push('metadata')
        return undefined
    }
  }
}
