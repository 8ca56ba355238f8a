import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Random } from '../../../src/clock.ts'
import { type Cut, type CutAfter, type FaultSettings, type Faults, faultsOf } from './faults.ts'
import { FrameFaults } from './frame-faults.ts'
import { Link } from './link.ts'
import { noCounts, type ProxyCounts } from './proxy-counts.ts'
import { reset } from './reset.ts'
import { Strikes } from './strikes.ts'

const host = '127.0.0.1'

/**
 * Stands in front of one broker. It has its port before the broker has one, so that the broker can advertise it, and sends
 * nothing on until {@link BrokerProxy.forwardTo} names the broker; until then connections are reset.
 */
export class BrokerProxy {
  readonly counts: ProxyCounts = noCounts()
  readonly #server: Server
  readonly #random: Random
  readonly #links = new Set<Link>()
  readonly #swallowed = new Set<Socket>()
  #target: { readonly host: string; readonly port: number } | undefined
  #faults: Faults
  #frames: FrameFaults
  #cuts: Strikes

  private constructor(server: Server, random: Random) {
    this.#server = server
    this.#random = random
    this.#faults = faultsOf()
    this.#frames = new FrameFaults(this.#faults, random, this.counts)
    this.#cuts = new Strikes(undefined, random)
    server.on('connection', (client) => this.#accept(client))
  }

  /** Listens on a port that the system chooses. */
  static async listen(random: Random): Promise<BrokerProxy> {
    // Both ends are closed when the faults want it, not when one of them is.
    const server = createServer({ allowHalfOpen: true, noDelay: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, host, resolve)
    })
    return new BrokerProxy(server, random)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** For clients, and for the broker to advertise. */
  get address(): string {
    return `${host}:${this.port}`
  }

  /** Connections that stand now. */
  get open(): number {
    return this.#links.size
  }

  /** `host:port` of the broker. */
  forwardTo(address: string): void {
    const [name = host, port] = address.split(':')
    this.#target = { host: name, port: Number(port) }
  }

  /** From now on these faults and no others; also for the connections that stand. */
  set(settings: FaultSettings): void {
    this.#faults = faultsOf(settings)
    this.#frames = new FrameFaults(this.#faults, this.#random, this.counts)
    const { cutAfter, connect: connecting } = this.#faults
    this.#cuts = new Strikes(
      cutAfter === undefined ? undefined : { times: cutAfter.times ?? Number.POSITIVE_INFINITY },
      this.#random,
    )
    if (connecting !== 'swallow') {
      for (const socket of this.#swallowed) reset(socket)
      this.#swallowed.clear()
    }
    for (const link of [...this.#links]) link.changed()
  }

  heal(): void {
    this.set({})
  }

  /** Ends all connections now. */
  cut(how: Cut = 'reset'): void {
    for (const link of [...this.#links]) link.cut(how)
  }

  /** The broker loses all connections now, and the clients do not notice. */
  halfOpen(): void {
    for (const link of [...this.#links]) link.halfOpen()
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    for (const link of [...this.#links]) link.destroy()
    for (const socket of this.#swallowed) socket.destroy()
    await closed
  }

  #accept(client: Socket): void {
    this.counts.connections += 1
    client.on('error', () => {})
    const { connect: connecting } = this.#faults
    if (connecting === 'refuse' || this.#target === undefined) {
      this.counts.refused += 1
      reset(client)
    } else if (connecting === 'swallow') {
      this.#swallowed.add(client)
      client.on('data', (bytes: Buffer) => {
        this.counts.bytesSwallowed += bytes.length
      })
      client.once('close', () => this.#swallowed.delete(client))
    } else this.#link(client, this.#target)
  }

  #link(client: Socket, target: { readonly host: string; readonly port: number }): void {
    const broker = connect({ ...target, allowHalfOpen: true, noDelay: true })
    broker.on('error', () => {})
    const link: Link = new Link({
      client,
      broker,
      faults: () => this.#faults,
      plan: (head, frame) => this.#frames.plan(head, frame),
      cutAfter: this.#nextCut(),
      random: this.#random,
      counts: this.counts,
      onClose: () => this.#links.delete(link),
    })
    this.#links.add(link)
  }

  #nextCut(): CutAfter | undefined {
    return this.#cuts.next() ? this.#faults.cutAfter : undefined
  }
}
