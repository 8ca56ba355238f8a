import { hostname } from 'node:os'
import type { GatewayConfig } from '../config/gateway-config.ts'

const everyAddress: readonly string[] = ['0.0.0.0', '::', '']

/** What to write into a registry's configuration; undefined where the system chooses the port. */
export function notificationsUrlOf({
  host,
  port,
  path,
  tls,
}: Pick<GatewayConfig, 'host' | 'port' | 'path' | 'tls'>): string | undefined {
  if (port === 0) return undefined
  const name = everyAddress.includes(host) ? hostname() : host.includes(':') ? `[${host}]` : host
  return `${tls === undefined ? 'http' : 'https'}://${name}:${port}${path}`
}
