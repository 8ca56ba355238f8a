import type { AddressInfo } from 'node:net'
import { createServer, type Server } from 'node:net'

/** Answers each request when its first bytes are there, and reads the rest of it afterwards. */
export class EarlyReceiver {
  requests = 0
  readonly #server: Server

  /** @param statuses one after the other, each on a connection that it ends */
  constructor(statuses: readonly number[]) {
    this.#server = createServer((socket) => {
      socket.on('error', () => {})
      socket.once('data', () => {
        const status = statuses[this.requests++]
        socket.write(`HTTP/1.1 ${status} Early\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`)
        socket.resume()
      })
    })
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return this
  }

  close(): void {
    this.#server.close()
  }
}
