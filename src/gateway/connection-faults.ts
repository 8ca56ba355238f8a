import type { Duplex } from 'node:stream'
import type { Connections } from './connections.ts'
import type { Exchange } from './exchange.ts'
import type { GatewayMetrics } from './gateway-metrics.ts'
import { handshakeFailure, writeBare } from './http-server.ts'
import { type Refusal, refusalOfClientError, requestRefusals } from './refusal.ts'
import type { RejectionLog } from './rejection-log.ts'

/** What comes over connections and is no request that node:http could hand on. Each connection ends with it. */
export class ConnectionFaults {
  readonly #connections: Connections
  readonly #metrics: GatewayMetrics
  readonly #log: RejectionLog

  constructor(connections: Connections, metrics: GatewayMetrics, log: RejectionLog) {
    this.#connections = connections
    this.#metrics = metrics
    this.#log = log
  }

  /** CONNECT: node:http has let go of the socket. */
  tunnel(socket: Duplex): void {
    // Without a listener a reset would end the process.
    socket.on('error', () => undefined)
    const refusal = requestRefusals.methodNotAllowed
    if (socket.writable && !this.#connections.isBusy(socket)) {
      this.#answer(socket, refusal)
      return
    }
    // An earlier request waits for its answer and would take this one for it, or had one that ended the connection.
    this.#metrics.answered(undefined)
    this.#metrics.rejected(refusal.code)
    socket.destroy()
  }

  /** What could not be read as a request, or was waited for in vain. `receiving`: whose body was being received. */
  broken(error: NodeJS.ErrnoException, socket: Duplex, receiving: Exchange | undefined): void {
    const refusal = refusalOfClientError(error.code)
    if (refusal === undefined || !socket.writable) {
      // The sender is gone. A body that it was sending notices by itself.
      socket.destroy(error)
    } else if (receiving !== undefined && !receiving.request.complete) {
      if (receiving.broken(refusal)) writeBare(socket, refusal)
      socket.destroy(error)
    } else if (this.#connections.isBusy(socket)) {
      // An earlier request of this connection waits for its answer, and would take this one for it. Its body may have
      // come in one piece with what is wrong here, and is going to be stored: a refusal would be a lie.
      socket.destroy(error)
    } else {
      this.#answer(socket, refusal)
    }
  }

  /** A TLS handshake that failed: there is nothing yet that could be answered in. */
  handshake(error: NodeJS.ErrnoException, socket: Duplex): void {
    const reason = handshakeFailure(error, socket)
    this.#metrics.handshakeFailed(reason)
    // Load balancers look whether the port is open and go: no news.
    if (reason !== 'gone') {
      const code = `TLS_${reason.toUpperCase()}`
      this.#log.rejected('warn', code, { error: error.code }, `TLS handshake failed: ${reason}`)
    }
    socket.destroy()
  }

  #answer(socket: Duplex, refusal: Refusal): void {
    const { status, code, message } = refusal
    this.#metrics.answered(status)
    this.#metrics.rejected(code)
    this.#log.rejected('warn', code, { status }, `request rejected: ${message}`)
    writeBare(socket, refusal)
    socket.destroy()
  }
}
