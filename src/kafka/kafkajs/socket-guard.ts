import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'
import type kafkajs from 'kafkajs'
import type { Logger } from '../../telemetry.ts'

const keepAliveDelayMs = 60_000

/**
 * Takes dead connections away from kafkajs. When a request times out, kafkajs keeps the socket and sends the next request
 * into it; if the peer is gone without a FIN (a pulled cable, a paused machine) that goes on until TCP gives up, about
 * fifteen minutes. So: a request that timed out destroys all sockets to that broker, and the next one connects anew.
 */
export class SocketGuard {
  readonly #sockets = new Map<string, Set<Socket>>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** kafkajs's `socketFactory`: what its own does, and remembers the socket under its broker's address. */
  readonly connect: kafkajs.ISocketFactory = ({ host, port, ssl, onConnect }) => {
    const socket = ssl ? this.#tls(host, port, ssl, onConnect) : connectPlain({ host, port }, onConnect)
    socket.setKeepAlive(true, keepAliveDelayMs)
    const broker = `${host}:${port}`
    const sockets = this.#sockets.get(broker) ?? new Set()
    this.#sockets.set(broker, sockets.add(socket))
    socket.once('close', () => {
      sockets.delete(socket)
      if (sockets.size === 0 && this.#sockets.get(broker) === sockets) this.#sockets.delete(broker)
    })
    return socket
  }

  /** Destroys a broker's sockets whenever a request of `client` to it times out. */
  watch(client: kafkajs.Producer | kafkajs.Consumer | kafkajs.Admin): void {
    const onTimeout = (event: kafkajs.RequestTimeoutEvent): void => {
      this.destroy(event.payload.broker, `no answer to ${event.payload.apiName} in time`)
    }
    // The three clients declare the same event under three types.
    const { events, on } = client as kafkajs.Producer
    on(events.REQUEST_TIMEOUT, onTimeout)
  }

  /** Number of sockets now open to `broker` (`host:port`). */
  open(broker: string): number {
    return this.#sockets.get(broker)?.size ?? 0
  }

  /** With an error, because kafkajs listens to 'error' and 'end' but not to 'close': a silent destroy would hang it. */
  destroy(broker: string, reason: string): void {
    const sockets = this.#sockets.get(broker)
    if (sockets === undefined) return
    this.#logger.warn(
      { broker, sockets: sockets.size, reason },
      'closing the connections to a broker that does not answer',
    )
    for (const socket of [...sockets]) socket.destroy(new Error(`connection given up: ${reason}`))
  }

  #tls(host: string, port: number, options: ConnectionOptions, onConnect: () => void): Socket {
    const name = isIP(host) === 0 ? { servername: host } : {}
    return connectTls({ host, port, ...name, ...options }, onConnect)
  }
}
