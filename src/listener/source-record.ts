import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import type { SourceRecord } from '../event/event.ts'

export interface SourceRecordOptions {
  /** Where the registry listens, `:5000` or `127.0.0.1:5000` (`http.addr` in a registry's configuration). */
  readonly httpAddr: string
  /** Name of the machine. Default: what the operating system says; empty when it is not known. */
  readonly hostname?: string
  /** Default: a new UUID. */
  readonly instanceID?: string
}

/**
 * The registry process that makes the events: to be made once when it starts, as `instanceID` tells one run from the
 * next. `addr` is the name of the machine with the port of `httpAddr`; the name alone if no port is to be found there,
 * and `httpAddr` as it is if there is no name.
 */
export function newSourceRecord(options: SourceRecordOptions): SourceRecord {
  const { httpAddr, hostname: name = hostname(), instanceID = randomUUID() } = options
  const port = /^(?:[^:[\]]*|\[[^[\]]*\]):([^:[\]]*)$/.exec(httpAddr)?.[1]
  const addr = name === '' ? httpAddr : port === undefined ? name : joined(name, port)
  return { addr, instanceID }
}

function joined(host: string, port: string): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
