import { lookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { toError } from '../errors.ts'
import { type AddressCheck, type AddressRules, addressCheck } from './address-rules.ts'
import { SetupFault } from './setup-fault.ts'

/**
 * Keeps connections from addresses that are not allowed. A name is resolved once for each connection, and the socket gets
 * the very addresses that were checked: a name that means something else a moment later changes nothing. One denied
 * address denies the name, since which of several is connected to is chance.
 */
export class AddressGuard {
  readonly #check: AddressCheck
  readonly #resolve: (hostname: string) => Promise<readonly string[]>

  /** @throws CONFIG_INVALID for an entry of `allow` */
  constructor(rules: AddressRules) {
    this.#check = addressCheck(rules)
    this.#resolve = rules.resolve ?? systemAddresses
  }

  /**
   * A host that is an address is never looked up, so it is checked here.
   *
   * @param host of a URL: decimal, octal and hexadecimal forms have become plain ones there
   * @returns why it must not be connected to; undefined for a name, and for what is allowed
   */
  faultOf(host: string): SetupFault | undefined {
    const literal = host.replace(/^\[(.*)\]$/, '$1')
    if (isIP(literal) === 0) return undefined
    const why = this.#check(literal)
    return why === undefined
      ? undefined
      : new SetupFault('address_denied', `${literal} is not allowed (${why})`)
  }

  /** For the options of a socket. Fails with a {@link SetupFault}, or as the resolver does. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#addressesOf(hostname).then(
      (addresses) => {
        const found = addresses.map((address) => ({ address, family: isIP(address) }))
        const [first] = found
        if (options.all === true) callback(null, found)
        else callback(null, first?.address ?? '', first?.family)
      },
      (error: unknown) => callback(toError(error), []),
    )
  }

  async #addressesOf(hostname: string): Promise<readonly string[]> {
    const addresses = await this.#resolve(hostname)
    if (addresses.length === 0) {
      throw Object.assign(new Error(`${hostname} has no address`), { code: 'ENOTFOUND' })
    }
    for (const address of addresses) {
      const why = this.#check(address)
      if (why === undefined) continue
      throw new SetupFault('address_denied', `${hostname} has the address ${address}, not allowed (${why})`)
    }
    return addresses
  }
}

async function systemAddresses(hostname: string): Promise<readonly string[]> {
  const found = await lookup(hostname, { all: true })
  return found.map(({ address }) => address)
}
