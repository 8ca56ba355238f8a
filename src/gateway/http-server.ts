import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createServer as createHttp, type Server, STATUS_CODES } from 'node:http'
import { createServer as createHttps, type Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Writable } from 'node:stream'
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls'
import { RelayError, toError } from '../errors.ts'
import type { Connections } from './connections.ts'
import type { Refusal } from './refusal.ts'
import type { ServerLimits } from './server-limits.ts'

/** PEM texts. */
export interface GatewayTls {
  /** The certificate, followed by those between it and its authority. */
  readonly cert: string
  readonly key: string
  /** Given: only clients with a certificate of one of these authorities are let in. */
  readonly ca?: string | undefined
}

/** node:http's server, or node:https's, with the limits of a port that strangers may reach. */
export class HttpServer {
  readonly server: Server
  readonly #secure: HttpsServer | undefined
  readonly #clientCertificates: boolean
  /** By peer: connections whose TLS handshake is not done. */
  readonly #handshakes = new Map<string, Socket>()

  /** @throws RelayError CONFIG_INVALID when certificate, key or authorities cannot be used. */
  constructor(limits: ServerLimits, tls: GatewayTls | undefined, connections: Connections) {
    const options = {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: limits.checkIntervalMs,
      maxHeaderSize: limits.maxHeaderBytes,
      insecureHTTPParser: false,
      // Answered by the handler, so that it is counted like every refusal.
      requireHostHeader: false,
    }
    this.#clientCertificates = tls?.ca !== undefined
    if (tls === undefined) {
      this.server = createHttp(options)
      this.server.on('connection', (socket) => connections.opened(socket))
    } else {
      this.#secure = createHttps({
        ...options,
        ...secureOptions(tls),
        requestCert: this.#clientCertificates,
        rejectUnauthorized: this.#clientCertificates,
        handshakeTimeout: limits.tlsHandshakeTimeoutMs,
      })
      this.server = this.#secure
      this.#trackHandshakes(this.#secure, connections)
    }
    this.server.maxRequestsPerSocket = limits.maxRequestsPerConnection
    this.server.maxConnections = limits.maxConnections
    // Beyond its own limit node:http leaves header lines out without a word, be it the one with the credentials. All are
    // let through to where they are counted; maxHeaderSize bounds them.
    this.server.maxHeadersCount = 0
  }

  get secure(): boolean {
    return this.#secure !== undefined
  }

  /**
   * For connections from now on; those that are open go on with what they began with.
   *
   * @throws RelayError CONFIG_INVALID when the new ones cannot be used: the old ones stay.
   */
  replaceTls(tls: GatewayTls): void {
    if (this.#secure === undefined)
      throw new RelayError('CONFIG_INVALID', 'gateway.tls: the gateway was started without TLS')
    if ((tls.ca !== undefined) !== this.#clientCertificates) {
      throw new RelayError(
        'CONFIG_INVALID',
        'gateway.tls: whether clients need certificates is decided at the start',
      )
    }
    this.#secure.setSecureContext(secureOptions(tls))
  }

  /** Connections that have come to no request because their TLS handshake is not done. */
  destroyHandshakes(): void {
    for (const socket of this.#handshakes.values()) socket.destroy()
  }

  /** node:https gives the connection first and then, as another object, what goes on inside of it. */
  #trackHandshakes(server: HttpsServer, connections: Connections): void {
    server.on('connection', (socket: Socket) => {
      const peer = peerOf(socket)
      this.#handshakes.set(peer, socket)
      socket.once('close', () => {
        if (this.#handshakes.get(peer) === socket) this.#handshakes.delete(peer)
      })
    })
    server.on('secureConnection', (socket: TLSSocket) => {
      this.#handshakes.delete(peerOf(socket))
      connections.opened(socket)
    })
  }
}

/** Milliseconds since the epoch. */
export function expiryOf({ cert }: GatewayTls): number {
  return Date.parse(new X509Certificate(cert).validTo)
}

/** Why a connection came to no TLS handshake: one of a few words, for a metric. */
export function handshakeFailure(error: NodeJS.ErrnoException, socket: object): string {
  const refused = 'authorizationError' in socket && Boolean(socket.authorizationError)
  if (refused || error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') return 'client_certificate'
  switch (error.code) {
    case 'ERR_TLS_HANDSHAKE_TIMEOUT':
      return 'timeout'
    case 'ERR_SSL_HTTP_REQUEST':
      return 'plain_http'
    case 'ECONNRESET':
    case 'EPIPE':
      return 'gone'
    default:
      return 'protocol'
  }
}

/**
 * Checked before they are used. A server would take a certificate without its key, and then serve nobody; and text that is
 * no authority counts for it as none, and none as every authority that Node.js knows.
 */
function secureOptions({ cert, key, ca }: GatewayTls): SecureContextOptions {
  const options = { cert, key, minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) } as const
  try {
    if (ca !== undefined) new X509Certificate(ca)
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new Error('the key is not the one of the certificate')
    }
    createSecureContext(options)
    return options
  } catch (cause) {
    throw new RelayError('CONFIG_INVALID', `gateway.tls: ${toError(cause).message}`, { cause })
  }
}

function peerOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`
}

/** An answer to what never became a request that node:http could answer. */
export function writeBare(socket: Writable, { status, code, message, headers }: Refusal): void {
  const body = JSON.stringify({ code, message })
  const lines = Object.entries({
    'Content-Type': 'application/json',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('')}\r\n${body}`)
}
