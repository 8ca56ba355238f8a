import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

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

  /** Resolves with the URL to post to. Rejects when the port is taken. */
  async start(): Promise<string> {
    const { host, port } = this.#options
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject)
        resolve()
      })
    })
    return `http://${host}:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve())
      this.#server.closeAllConnections()
    })
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
      response.writeHead(200, { 'content-length': 0 }).end()
    })
  }
}
