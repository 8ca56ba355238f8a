import { BlockList, isIP } from 'node:net'
import { RelayError } from '../errors.ts'
import { unmapped } from './incoming-request.ts'

/**
 * Whose forwarded headers are believed: addresses and networks (`10.0.0.0/8`, `192.0.2.1`, `2001:db8::/32`), or a
 * function that is asked about an address. An empty list trusts nobody.
 */
export type TrustedProxies = readonly string[] | ((address: string) => boolean)

/**
 * The list as a function, to be made once and not per request.
 * @throws RelayError CONFIG_INVALID naming the entry that is neither an address nor a network
 */
export function trustedProxies(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const network of networks) addTo(list, network)
  return (address) => {
    const plain = unmapped(address)
    const version = isIP(plain)
    return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }
}

function addTo(list: BlockList, network: string): void {
  const [address = '', prefix, ...rest] = network.split('/')
  const version = isIP(address)
  const longest = version === 6 ? 128 : 32
  const bits = prefix === undefined ? longest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : Number.NaN
  if (version === 0 || address.includes('%') || rest.length > 0 || !(bits <= longest)) {
    throw new RelayError(
      'CONFIG_INVALID',
      `trustedProxies: "${network}" is neither an address nor a network like 10.0.0.0/8`,
    )
  }
  list.addSubnet(address, bits, version === 6 ? 'ipv6' : 'ipv4')
}

/** Either form as a function. */
export function trustCheck(proxies: TrustedProxies): (address: string) => boolean {
  return typeof proxies === 'function' ? proxies : trustedProxies(proxies)
}
