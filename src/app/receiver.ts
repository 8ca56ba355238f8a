import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RelayError, toError } from '../errors.ts'

/** One POST as it arrived. */
export interface ReceivedPost {
  readonly body: Buffer
  readonly contentType: string | undefined
  readonly headers: IncomingMessage['headers']
}

export interface ReceiverOptions {
  readonly host: string
  /** 0 lets the system choose. */
  readonly port: number
  /** What sets host and port: the error says it that tells that they cannot be had. */
  readonly setBy?: string
  /** How every POST is answered. Default: 200 */
  readonly status?: number
  readonly onPost: (post: ReceivedPost) => void
}

/** A small HTTP service that takes webhooks: what a user would put behind the bridge, for the demo and for trying out. */
export class Receiver {
  readonly #server: Server
  readonly #options: ReceiverOptions

  constructor(options: ReceiverOptions) {
    this.#options = options
    this.#server = createServer((request, response) => this.#handle(request, response))
  }

  /** Resolves with the URL to post to; rejects with CANNOT_LISTEN. */
  async start(): Promise<string> {
    const { host, port } = this.#options
    const name = host.includes(':') ? `[${host}]` : host
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    }).catch((cause: unknown) => this.#refused(`${name}:${port}`, cause))
    return `http://${name}:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
  }

  #refused(where: string, cause: unknown): never {
    const { setBy } = this.#options
    const origin = setBy === undefined ? '' : ` (${setBy})`
    const message = `receiver: cannot listen on ${where}: ${toError(cause).message}${origin}`
    throw new RelayError('CANNOT_LISTEN', message, { cause })
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    if (request.method !== 'POST') {
      response.writeHead(405, { allow: 'POST', 'content-length': 0 }).end()
      return
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      this.#options.onPost({
        body: Buffer.concat(chunks),
        contentType: request.headers['content-type'],
        headers: request.headers,
      })
      // Not by writeHead: which answers have a length, Node.js then decides by the status.
      response.statusCode = this.#options.status ?? 200
      response.end()
    })
  }
}
