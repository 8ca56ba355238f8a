import { RelayError } from '../errors.ts'
import { type IpAddress, type IpNetwork, isIn, parseAddress, parseNetwork } from './ip-address.ts'

/** Which addresses may be connected to. */
export interface AddressRules {
  /** Also deny loopback and private networks. Default `false`: most receivers live there. */
  readonly denyPrivate?: boolean
  /** Addresses or networks (`10.1.0.0/16`) that are allowed whatever else is said. Default: none. */
  readonly allow?: readonly string[]
  /**
   * All addresses of a name. Asked once for each connection, so what is checked is what is connected to. Default: the
   * resolver of the operating system.
   */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>
}

/** Why an address is denied; undefined when it is allowed. */
export type AddressCheck = (address: string) => Denial | undefined

export type Denial =
  | 'unspecified'
  | 'link-local'
  | 'metadata'
  | 'multicast'
  | 'reserved'
  | 'loopback'
  | 'private'
  | 'not an address'

/** Nobody receives notifications at these. Metadata services give their machine's credentials to whoever asks. */
const never = table([
  ['unspecified', '0.0.0.0/8', '::'],
  [
    'metadata',
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    '192.0.0.192',
    'fd00:ec2::/32',
    'fd00:c1::a9fe:a9fe',
    'fd00:42::42',
    'fd20:ce::254',
  ],
  ['link-local', '169.254.0.0/16', 'fe80::/10'],
  ['multicast', '224.0.0.0/4', 'ff00::/8'],
  ['reserved', '240.0.0.0/4', '100::/64'],
])

const inner = table([
  ['loopback', '127.0.0.0/8', '::1'],
  [
    'private',
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    '192.0.0.0/24',
    '198.18.0.0/15',
    'fc00::/7',
    'fec0::/10',
  ],
])

const loopback6 = 1n
/** IPv4 addresses in a fixed place: compatible, translated, the well-known prefix of NAT64, 6to4. */
const wrappings: readonly { readonly network: IpNetwork; readonly shift: bigint }[] = [
  { network: network('::/96'), shift: 0n },
  { network: network('::ffff:0:0:0/96'), shift: 0n },
  { network: network('64:ff9b::/96'), shift: 0n },
  { network: network('2002::/16'), shift: 80n },
]
const teredo = network('2001::/32')
const localNat64 = network('64:ff9b:1::/48')

/** @throws CONFIG_INVALID naming the entry of `allow` that is neither an address nor a network */
export function addressCheck(rules: AddressRules): AddressCheck {
  const allowed = (rules.allow ?? []).map((entry) => {
    const parsed = parseNetwork(entry)
    if (parsed !== undefined) return parsed
    throw new RelayError(
      'CONFIG_INVALID',
      `addresses.allow: ${JSON.stringify(entry)} is neither an address nor a network like 10.0.0.0/8`,
    )
  })
  const denied = rules.denyPrivate === true ? [...never, ...inner] : never
  return (text) => {
    const address = parseAddress(text)
    if (address === undefined) return 'not an address'
    if (allowed.some((one) => isIn(address, one))) return undefined
    for (const one of [address, ...inside(address)]) {
      const found = denied.find(({ network }) => isIn(one, network))
      if (found !== undefined) return found.why
    }
    return undefined
  }
}

/** IPv4 addresses that an IPv6 address may be a way to: a translator or a tunnel on the path decides, not we. */
function inside({ version, value }: IpAddress): readonly IpAddress[] {
  if (version === 4 || value === loopback6) return []
  const six: IpAddress = { version, value }
  const found = wrappings.filter(({ network }) => isIn(six, network))
  const fours = found.map(({ shift }) => (value >> shift) & 0xffff_ffffn)
  // The server as it is, the client with all bits turned.
  if (isIn(six, teredo)) fours.push((value >> 64n) & 0xffff_ffffn, (value & 0xffff_ffffn) ^ 0xffff_ffffn)
  // An interface identifier of ISATAP, under any prefix, with either value of its universal bit.
  if (((value >> 32n) & 0xfdff_ffffn) === 0x0000_5efen) fours.push(value & 0xffff_ffffn)
  if (isIn(six, localNat64)) fours.push(...inLocalNat64(value))
  return fours.map((four) => ({ version: 4, value: four }))
}

/**
 * How long the prefix is within the /48, only its network knows, so every length is looked at; the shorter ones leave out
 * bits 64 to 71. What begins with a zero is padding of another length, unless there is nothing else.
 */
function inLocalNat64(value: bigint): readonly bigint[] {
  const bits = (from: bigint, count: bigint): bigint =>
    (value >> (128n - from - count)) & ((1n << count) - 1n)
  const fours = [
    (bits(48n, 16n) << 16n) | bits(72n, 16n),
    (bits(56n, 8n) << 24n) | bits(72n, 24n),
    bits(72n, 32n),
    bits(96n, 32n),
  ]
  const told = fours.filter((four) => four >> 24n !== 0n)
  return told.length > 0 ? told : [0n]
}

function table(
  lines: readonly (readonly [Denial, ...string[]])[],
): readonly { readonly why: Denial; readonly network: IpNetwork }[] {
  return lines.flatMap(([why, ...networks]) => networks.map((text) => ({ why, network: network(text) })))
}

function network(text: string): IpNetwork {
  const parsed = parseNetwork(text)
  if (parsed === undefined) throw new TypeError(`${text} is no network`)
  return parsed
}
