import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type kafkajs from 'kafkajs'
import { type Present, presentOf } from '../../present.ts'
import type { Logger } from '../../telemetry.ts'
import type { KafkaTls } from '../connection.ts'
import { sayWhatIsWrong } from './tls-words.ts'

const keepAliveDelayMs = 60_000

/**
 * Takes dead connections away from kafkajs. When a request times out, kafkajs keeps the socket and sends the next request
 * into it; if the peer is gone without a FIN (a pulled cable, a paused machine) that goes on until TCP gives up, about
 * fifteen minutes. So: a request that timed out destroys all sockets to that broker, and the next one connects anew.
 */
export class SocketGuard {
  readonly #sockets = new Map<string, Set<Socket>>()
  readonly #logger: Logger
  readonly #tls: boolean | Present<KafkaTls>

  constructor(logger: Logger, tls: boolean | Present<KafkaTls> = false) {
    this.#logger = logger
    this.#tls = tls
  }

  /**
   * kafkajs's `socketFactory`: what its own does, with the certificates of now, and remembers the socket under its
   * broker's address.
   */
  readonly connect: kafkajs.ISocketFactory = ({ host, port, onConnect }) => {
    const socket =
      this.#tls === false
        ? connectPlain({ host, port }, onConnect)
        : this.#connectTls(host, port, presentOf(this.#tls === true ? {} : this.#tls), onConnect)
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

  #connectTls(host: string, port: number, tls: KafkaTls, onConnect: () => void): Socket {
    const name = isIP(host) === 0 ? { servername: host } : {}
    const socket = connectTls({ host, port, ...name, ...tls }, onConnect)
    // Before kafkajs listens, which keeps the words of an error and little else.
    return socket.once('error', sayWhatIsWrong)
  }
}
