import type { Duplex } from 'node:stream'

/**
 * Which connections have a request open. node:http's own `closeIdleConnections` leaves those alone that never sent a
 * request, so that a load balancer's prepared connection would hold up the stop until the headers' time-out.
 */
export class Connections {
  readonly #open = new Map<Duplex, number>()
  readonly #onChange: (open: number) => void

  /** @param onChange told how many are open whenever that changes */
  constructor(onChange: (open: number) => void = () => {}) {
    this.#onChange = onChange
  }

  opened(socket: Duplex): void {
    this.#open.set(socket, 0)
    this.#onChange(this.#open.size)
    socket.once('close', () => {
      this.#open.delete(socket)
      this.#onChange(this.#open.size)
    })
  }

  /** Open, and past its TLS handshake where there is one. */
  has(socket: Duplex): boolean {
    return this.#open.has(socket)
  }

  began(socket: Duplex): void {
    this.#add(socket, 1)
  }

  /** The request was answered and the answer flushed. */
  ended(socket: Duplex): void {
    this.#add(socket, -1)
  }

  isBusy(socket: Duplex): boolean {
    return (this.#open.get(socket) ?? 0) > 0
  }

  /** Connections with a request open. */
  get busy(): number {
    return [...this.#open.values()].filter((requests) => requests > 0).length
  }

  destroyIdle(): void {
    for (const [socket, requests] of this.#open) if (requests === 0) socket.destroy()
  }

  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy()
  }

  #add(socket: Duplex, requests: number): void {
    // A request may end after its connection did.
    const open = this.#open.get(socket)
    if (open !== undefined) this.#open.set(socket, open + requests)
  }
}
