import type { Pick } from './pick.ts'

export interface StreamParts {
  /** Request line and header lines of a registry, without a length and without the empty line. */
  readonly head: string
  /** Holds the event `outer`. */
  readonly body: string
  /** A whole request with the event `canary`, to be put where no request may be. */
  readonly canary: string
  readonly number: number
  readonly pick: Pick
}

/** Text of one character per byte, or bytes, that may leave the event `outer` behind, or nothing; or with more to say. */
export type MadeStream = string | Buffer | SeveralRequests

export interface SeveralRequests {
  readonly bytes: string
  readonly allowed: readonly string[]
  /** All of them have to be taken. */
  readonly due?: boolean
}

export type StreamShape = (parts: StreamParts) => MadeStream

export function eventId(name: string, number: number): string {
  return `${name}-${number}`
}

export const hostLine = 'Host: relay\r\n'

export function requestOf(head: string, body: string): string {
  return `${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
}

export function chunkOf(text: string): string {
  return `${text.length.toString(16)}\r\n${text}\r\n`
}
