import { failure, ok, type Seen, warning } from './check.ts'
import { oneLine } from './trouble.ts'

const day = 86_400_000
/** Whoever renews by hand needs a working week and a weekend before it. */
const soonMs = 14 * day

/** Certificates of whole estates have a hundred. */
const shownNames = 4

/** What is wrong with the certificate of a server, by codes of `node:tls`. */
const faults: readonly (readonly [code: RegExp, words: string, todo: (key: string) => string])[] = [
  [/^CERT_HAS_EXPIRED$/, 'has expired, or one that signed it', () => 'renew the certificate of that server'],
  [/^CERT_NOT_YET_VALID$/, 'is not valid yet', () => 'compare the clocks of both machines'],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_)/,
    'is of no authority that is trusted here',
    (key) => `give the authority that signed it as ${key}.caFile`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'is for another name',
    (key) => `use one of its names as the address, or give it as ${key}.serverName`,
  ],
]

/**
 * A certificate that is not trusted, or will not be for long.
 *
 * @param key of the configuration that says what is trusted: `kafka.tls`
 * @returns undefined where all is well
 */
export function certificateFault(
  where: string,
  {
    fault,
    names,
    validTo,
  }: { readonly fault: string | undefined; readonly names: string; readonly validTo: number },
  key: string,
  now: number,
): Seen | undefined {
  if (fault === undefined) return expiry(`${where}: its certificate`, validTo, now)
  const [, words, todo] = faults.find(([code]) => code.test(fault)) ?? []
  const details = words === undefined ? `is not trusted (${fault})` : words
  return failure(
    `${where}: its certificate ${details}; it is for ${namesText(names)}, until ${dayText(validTo)}`,
    todo?.(key) ?? `see what ${fault} means, and what ${key} says`,
  )
}

function namesText(names: string): string {
  if (names === '') return 'no name'
  const all = oneLine(names).split(', ')
  const rest = all.length - shownNames
  return rest <= 0 ? all.join(', ') : `${all.slice(0, shownNames).join(', ')} and ${rest} more`
}

/** `what`: `the certificate of the gateway`. Undefined where it is valid for longer than two weeks. */
export function expiry(what: string, validTo: number, now: number): Seen | undefined {
  if (validTo <= now) return failure(`${what} expired on ${dayText(validTo)}`, 'renew it')
  if (validTo > now + soonMs) return undefined
  const days = Math.floor((validTo - now) / day)
  return warning(`${what} expires in ${days} d, on ${dayText(validTo)}`, 'renew it before that')
}

/** For one line about certificates that are all well. */
export function validUntil(what: string, validTo: number): Seen {
  return ok(`${what} is valid until ${dayText(validTo)}`)
}

/** `2027-03-01`, of UTC. */
export function dayText(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : 'an unknown day'
}
