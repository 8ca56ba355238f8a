import { readFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { TestContext } from 'node:test'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { until } from './until.ts'

/** One request as it came over the wire. */
export interface RawRequest {
  /** `POST /path HTTP/1.1`. */
  readonly line: string
  /** `name: value`, in the order and spelling received. */
  readonly headers: readonly string[]
  readonly body: string
  /** From 1, in the order of connecting. */
  readonly connection: number
}

export interface RawReceiver {
  readonly url: string
  readonly port: number
  readonly requests: readonly RawRequest[]
  /** So many have been made. */
  readonly connections: number
  /** Resolves when so many requests are there. */
  received(count: number): Promise<void>
  /** Stops listening and breaks all connections: from now on it is a dead endpoint. */
  die(): Promise<void>
}

export type Answer = (socket: Socket, request: RawRequest) => void

/** An answer with this status and no body. */
export function status(code: number, ...headers: readonly string[]): Answer {
  return (socket) => {
    socket.write(
      `HTTP/1.1 ${code} Any Words\r\n${headers.map((line) => `${line}\r\n`).join('')}content-length: 0\r\n\r\n`,
    )
  }
}

/** Never answers. */
export const silence: Answer = () => {}

/** Answers the first requests one by one, all further ones by the last. */
export function inOrder(first: Answer, ...others: readonly Answer[]): Answer {
  const answers = [first, ...others]
  return (socket, request) => (answers.length > 1 ? answers.shift() : answers[0])?.(socket, request)
}

/** A text of `test/fixtures/tls`. */
export function pem(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8')
}

/** A receiver of notifications on 127.0.0.1 that keeps every byte; with `tls` it speaks https. */
export async function rawReceiver(t: TestContext, answer: Answer, tls?: TlsOptions): Promise<RawReceiver> {
  const requests: RawRequest[] = []
  const sockets = new Set<Socket>()
  let connections = 0
  const onSocket = (socket: Socket): void => {
    const connection = ++connections
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    let bytes = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk])
      for (let request = firstOf(bytes); request !== undefined; request = firstOf(bytes)) {
        const { length, ...parts } = request
        bytes = bytes.subarray(length)
        requests.push({ ...parts, connection })
        answer(socket, { ...parts, connection })
      }
    })
  }
  const server: Server = tls === undefined ? createServer(onSocket) : createTlsServer(tls, onSocket)
  server.on('tlsClientError', () => {})
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const die = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
  }
  t.after(die)
  return {
    url: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}/hook?k=1`,
    port,
    requests,
    get connections() {
      return connections
    },
    received: (count) => until(() => requests.length >= count, { what: () => `${requests.length} requests` }),
    die,
  }
}

function firstOf(bytes: Buffer): (Omit<RawRequest, 'connection'> & { readonly length: number }) | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line = '', ...headers] = bytes.toString('latin1', 0, end).split('\r\n')
  const size = Number(/^content-length: (\d+)$/im.exec(headers.join('\n'))?.[1] ?? 0)
  const length = end + 4 + size
  return bytes.length < length
    ? undefined
    : { line, headers, body: bytes.toString('utf8', end + 4, length), length }
}
