import { lookup } from 'node:dns/promises'
import { request } from 'node:http'
import { connect as connectPlain, isIP, type Socket } from 'node:net'
import { connect as connectTls, type PeerCertificate, type TLSSocket } from 'node:tls'
import { type Cancel, type Clock, systemClock } from '../clock.ts'
import { toError } from '../errors.ts'
import type {
  NotReached,
  Reach,
  Reached,
  ReachedHttp,
  ReachedTls,
  ReachTarget,
} from '../operations/doctor/reach.ts'
import { codeOf } from '../operations/doctor/trouble.ts'

/** Where a way ended, thrown through the steps of it. */
class WayEnded extends Error {
  readonly end: NotReached

  constructor(at: NotReached['at'], code: string, message: string, addresses: readonly string[]) {
    super(message)
    this.end = { reached: false, at, code, message, addresses }
  }
}

interface Addresses {
  readonly addresses: readonly string[]
  readonly nameMs: number | undefined
}

/** The network of this machine. Each step of a way (name, connection, TLS, HTTP) has `stepMs`. */
export function networkReach(stepMs: number, clock: Clock = systemClock): Reach {
  return async (target) => {
    try {
      return await new Way(target, stepMs, clock).go()
    } catch (error) {
      if (error instanceof WayEnded) return error.end
      throw error
    }
  }
}

class Way {
  readonly #target: ReachTarget
  readonly #stepMs: number
  readonly #clock: Clock

  constructor(target: ReachTarget, stepMs: number, clock: Clock) {
    this.#target = target
    this.#stepMs = stepMs
    this.#clock = clock
  }

  async go(): Promise<Reached> {
    const { tls, headPath } = this.#target
    const { addresses, nameMs } = await this.#addresses()
    const began = this.#clock.monotonic()
    const plain = await this.#connected(addresses)
    const connectMs = this.#since(began)
    let socket: Socket = plain
    try {
      let reachedTls: ReachedTls | undefined
      if (tls !== undefined) {
        const secure = await this.#secured(plain, addresses)
        socket = secure.socket
        reachedTls = secure.tls
      }
      const http = headPath === undefined ? undefined : await this.#head(socket, headPath)
      return { reached: true, addresses, nameMs, connectMs, tls: reachedTls, http }
    } finally {
      socket.destroy()
      plain.destroy()
    }
  }

  async #addresses(): Promise<Addresses> {
    const { host, denied } = this.#target
    const literal = isIP(host) !== 0
    const began = this.#clock.monotonic()
    const addresses = literal ? [host] : await this.#lookedUp(host)
    for (const address of addresses) {
      const why = denied?.(address)
      if (why === undefined) continue
      throw new WayEnded('address', why, `the address ${address} is not allowed (${why})`, addresses)
    }
    return { addresses, nameMs: literal ? undefined : this.#since(began) }
  }

  async #lookedUp(host: string): Promise<readonly string[]> {
    try {
      const found = await this.#inTime(lookup(host, { all: true }), () => undefined)
      return found.map(({ address }) => address)
    } catch (error) {
      throw new WayEnded('name', codeOf(error) ?? 'unknown', toError(error).message, [])
    }
  }

  async #connected(addresses: readonly string[]): Promise<Socket> {
    const { host, port } = this.#target
    const found = addresses.map((address) => ({ address, family: isIP(address) }))
    const socket = connectPlain({
      ...{ host, port },
      // The very addresses that were looked at; of several the first that answers.
      lookup: (_name, options, callback) =>
        options.all === true ? callback(null, found) : callback(null, addresses[0] ?? '', found[0]?.family),
    })
    try {
      await this.#inTime(happens(socket, 'connect'), () => socket.destroy())
      return socket
    } catch (error) {
      socket.destroy()
      throw new WayEnded('connection', connectionCode(error), toError(error).message, addresses)
    }
  }

  async #secured(
    plain: Socket,
    addresses: readonly string[],
  ): Promise<{ readonly socket: TLSSocket; readonly tls: ReachedTls }> {
    const { host, tls = {} } = this.#target
    const { ca, cert, key, servername } = tls
    const began = this.#clock.monotonic()
    const name = servername ?? host
    const socket = connectTls({
      socket: plain,
      // Asked for where it is a name, and checked either way.
      ...(isIP(name) === 0 ? { servername: name } : { host: name }),
      ...{ ca, cert, key },
      // To be told what is wrong with a certificate, and until when it was valid.
      rejectUnauthorized: false,
    })
    try {
      await this.#inTime(happens(socket, 'secureConnect'), () => socket.destroy())
    } catch (error) {
      socket.destroy()
      throw new WayEnded('tls', connectionCode(error), toError(error).message, addresses)
    }
    const certificate = socket.getPeerCertificate() as Partial<PeerCertificate>
    return {
      socket,
      tls: {
        version: socket.getProtocol() ?? 'TLS',
        ms: this.#since(began),
        validTo: Date.parse(certificate.valid_to ?? ''),
        names: certificate.subjectaltname ?? [certificate.subject?.CN ?? ''].flat().join(', '),
        fault: socket.authorized ? undefined : faultOf(socket.authorizationError),
      },
    }
  }

  /** By the connection that stands; an answer of any status is one. */
  async #head(socket: Socket, path: string): Promise<ReachedHttp> {
    const { host, port } = this.#target
    const asked = request({
      ...{ host, port, path, method: 'HEAD' },
      headers: { 'user-agent': 'registry-relay-doctor' },
      createConnection: () => socket,
    })
    const answered = new Promise<ReachedHttp>((resolve, reject) => {
      asked.once('response', (response) => {
        response.resume()
        resolve({ status: response.statusCode, clockAheadMs: this.#ahead(response.headers.date) })
      })
      asked.once('error', reject)
    })
    asked.end()
    try {
      return await this.#inTime(answered, () => asked.destroy())
    } catch {
      return { status: undefined, clockAheadMs: undefined }
    } finally {
      asked.destroy()
    }
  }

  #ahead(date: string | undefined): number | undefined {
    const there = Date.parse(date ?? '')
    // HTTP counts whole seconds and cuts the rest off.
    return Number.isNaN(there) ? undefined : there + 500 - this.#clock.now()
  }

  #since(began: number): number {
    return Math.round(this.#clock.monotonic() - began)
  }

  /** Rejects with ETIMEDOUT when the time of a step is over, and gives the work up. */
  async #inTime<T>(work: Promise<T>, giveUp: () => void): Promise<T> {
    let cancel: Cancel = () => {}
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.#clock.after(this.#stepMs, () => {
        reject(Object.assign(new Error(`nothing came within ${this.#stepMs} ms`), { code: 'ETIMEDOUT' }))
        giveUp()
      })
    })
    try {
      return await Promise.race([work, late])
    } finally {
      cancel()
      work.catch(() => undefined)
    }
  }
}

function happens(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve())
    socket.on('error', reject)
    socket.once('close', () =>
      reject(Object.assign(new Error('closed by the other side'), { code: 'ECONNRESET' })),
    )
  })
}

/** Of several addresses that all failed, the error of the first. */
function connectionCode(error: unknown): string {
  const [first] = error instanceof AggregateError ? error.errors : []
  return codeOf(first) ?? codeOf(error) ?? 'unknown'
}

/** Node.js has a code or an error there, and declares an error. */
function faultOf(fault: unknown): string {
  return codeOf(fault) ?? (fault instanceof Error ? fault.message : String(fault))
}
