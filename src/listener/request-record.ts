import type { RequestRecord } from '../event/event.ts'
import { type Logger, noTelemetry, type Telemetry } from '../telemetry.ts'
import {
  allLines,
  firstLine,
  hostOf,
  type IncomingRequest,
  isPlainAddress,
  socketAddress,
} from './incoming-request.ts'
import { type TrustedProxies, trustCheck } from './trusted-proxies.ts'

export interface RequestRecordOptions {
  /**
   * Proxies whose word is taken for where a request came from. Left out: anybody's, as registries do, so that `addr`
   * is what the client likes it to be.
   */
  readonly trustedProxies?: TrustedProxies
  readonly telemetry?: Telemetry
}

/**
 * The request that led to an event.
 *
 * `addr`, without `trustedProxies` (the rules of registries): the first element of `X-Forwarded-For` if that is an IP
 * address and nothing more, else `X-Real-Ip` likewise, else address and port of the connection. With `trustedProxies`:
 * the headers count only on a connection from one of them, and of `X-Forwarded-For` the right-most address that is
 * none of them is taken: what stands left of it was written by the client, or by somebody unknown.
 *
 * @param id of the request, made by the registry and not taken from a header
 */
export function newRequestRecord(
  id: string,
  request: IncomingRequest,
  { trustedProxies, telemetry = noTelemetry }: RequestRecordOptions = {},
): RequestRecord {
  const claimed =
    trustedProxies === undefined
      ? firstClaimed(request, telemetry.logger)
      : lastUntrusted(request, trustCheck(trustedProxies))
  const addr = claimed ?? connection(request)
  const host = hostOf(request)
  return {
    id,
    ...(addr !== '' && { addr }),
    ...(host !== '' && { host }),
    method: request.method ?? '',
    useragent: firstLine(request, 'user-agent'),
  }
}

function firstClaimed(request: IncomingRequest, logger: Logger): string | undefined {
  const forwarded = firstLine(request, 'x-forwarded-for')
  // Spaces only: that is what registries trim, and a tab makes them look at the next header.
  const first = (forwarded.split(',', 1)[0] ?? '').replace(/^ +| +$/g, '')
  if (forwarded !== '' && isAddress(first, 'x-forwarded-for', logger)) return first
  const real = firstLine(request, 'x-real-ip')
  if (real !== '' && isAddress(real, 'x-real-ip', logger)) return real
  return undefined
}

function isAddress(text: string, header: string, logger: Logger): boolean {
  if (isPlainAddress(text)) return true
  logger.warn(
    { header, value: text.slice(0, 100) },
    'the address of the client is not taken from this header: it is no IP address',
  )
  return false
}

// Walked from the proxy that is connected towards the client. Each address was written by the one to the right of it,
// so it is believed as long as those are ours. A malformed element ends the walk: the last believed address stands.
function lastUntrusted(request: IncomingRequest, trusted: (address: string) => boolean): string | undefined {
  if (!trusted(socketAddress(request))) return undefined
  const forwarded = allLines(request, 'x-forwarded-for')
  if (forwarded === '') {
    const real = firstLine(request, 'x-real-ip')
    return isPlainAddress(real) ? real : undefined
  }
  let believed: string | undefined
  for (const element of forwarded.split(',').reverse()) {
    const address = element.trim()
    if (!isPlainAddress(address)) break
    believed = address
    if (!trusted(address)) break
  }
  return believed
}

/** As Go prints it: `192.0.2.1:1234`, `[2001:db8::1]:1234`. Empty when the connection is gone. */
function connection(request: IncomingRequest): string {
  const address = socketAddress(request)
  const { remotePort } = request.socket
  if (address === '') return ''
  const host = address.includes(':') ? `[${address}]` : address
  return remotePort === undefined ? address : `${host}:${remotePort}`
}
