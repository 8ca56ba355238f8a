import { isIP } from 'node:net'

/** The part of a request of `node:http` (or `node:http2`, in its compatible form) that events are made of. */
export interface IncomingRequest {
  readonly method?: string | undefined
  readonly url?: string | undefined
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** Header lines kept apart, as `node:http` has them. */
  readonly headersDistinct?: Readonly<Record<string, string[] | undefined>> | undefined
  readonly socket: {
    readonly remoteAddress?: string | undefined
    readonly remotePort?: number | undefined
  }
}

/** The first line of a header, which is the one that registries look at; empty when there is none. */
export function firstLine(request: IncomingRequest, name: string): string {
  const [distinct] = request.headersDistinct?.[name] ?? []
  if (distinct !== undefined) return distinct
  const value = request.headers[name]
  return (typeof value === 'string' ? value : value?.[0]) ?? ''
}

/** All lines of a header as one list. */
export function allLines(request: IncomingRequest, name: string): string {
  const value = request.headersDistinct?.[name] ?? request.headers[name] ?? ''
  return typeof value === 'string' ? value : value.join(',')
}

/** The host that the client asked for, as it wrote it; HTTP/2 has it under another name. */
export function hostOf(request: IncomingRequest): string {
  return firstLine(request, 'host') || firstLine(request, ':authority')
}

export function isTls({ socket }: IncomingRequest): boolean {
  return 'encrypted' in socket && socket.encrypted === true
}

/** Where the connection comes from, without the port; empty when it is gone. */
export function socketAddress({ socket: { remoteAddress = '' } }: IncomingRequest): string {
  return unmapped(remoteAddress)
}

/** A socket that listens on IPv6 sees IPv4 clients as `::ffff:192.0.2.1`; everybody else calls them `192.0.2.1`. */
export function unmapped(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  return mapped ?? address
}

/** An address and nothing more: no port, no brackets, no zone, no white space. */
export function isPlainAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes('%')
}
