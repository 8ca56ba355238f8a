import type { z } from 'zod'
import type { Config } from './config.ts'
import { valueAt } from './config-path.ts'

/**
 * One port for the gateway and for the management server, on addresses that meet: whichever opens second fails. Nothing
 * where no block `gateway` is given: a bridge opens no port but the one of management.
 * @param given what was configured, before defaults
 */
export function sharedPort({ gateway, management }: Config, given: unknown): readonly z.core.$ZodIssue[] {
  const isShared = gateway.port === management.port && gateway.port !== 0
  if (!isShared || valueAt(given, ['gateway']) === undefined || !meet(gateway.host, management.host))
    return []
  const own = valueAt(given, ['management', 'port']) !== undefined
  const [block, other] = own ? ['management', 'gateway.port'] : ['gateway', 'management.port']
  const path = [block, 'port']
  return [{ code: 'custom', path, input: undefined, message: `is ${other} too; give it another` }]
}

/** Whether one port cannot be had on both. A name but `localhost` is only known to be the same as itself. */
function meet(a: string, b: string): boolean {
  if (a === b) return true
  const [one, other] = [familiesOf(a), familiesOf(b)]
  const bothLocal = isLocal(a) && isLocal(b)
  const isWide = isAny(a) || isAny(b)
  return (bothLocal || isWide) && one.some((family) => other.includes(family))
}

/** `::` takes connections to IPv4 addresses too; of a name nobody knows. */
function familiesOf(host: string): readonly (4 | 6)[] {
  if (/^[\d.]+$/.test(host)) return [4]
  return host.includes(':') && host !== '::' ? [6] : [4, 6]
}

function isAny(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function isLocal(host: string): boolean {
  return host === 'localhost' || host === '127.0.0.1' || host === '::1'
}
