/** An address as a number, so that a network is a comparison of leading bits. */
export interface IpAddress {
  readonly version: 4 | 6
  readonly value: bigint
}

export interface IpNetwork extends IpAddress {
  /** Leading bits that count. */
  readonly bits: number
}

/**
 * Only the plain forms that a resolver gives or a parsed URL has; a zone (`%eth0`) is cut off. IPv4 inside `::ffff:0:0/96` is
 * that IPv4 address: a socket makes no difference between them.
 *
 * @returns undefined for anything else, such as octal numbers or too few parts
 */
export function parseAddress(text: string): IpAddress | undefined {
  const plain = text.replace(/%.*$/s, '')
  const four = ipv4(plain)
  if (four !== undefined) return { version: 4, value: four }
  const six = ipv6(plain)
  if (six === undefined) return undefined
  return six >> 32n === 0xffffn ? { version: 4, value: six & 0xffff_ffffn } : { version: 6, value: six }
}

/** `10.0.0.0/8`, or one address. Bits behind the prefix are ignored; undefined when it is neither. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const [base = '', prefix, ...rest] = text.split('/')
  const address = parseAddress(base)
  if (address === undefined || base.includes('%') || rest.length > 0) return undefined
  const longest = address.version === 4 ? 32 : 128
  if (prefix === undefined) return { ...address, bits: longest }
  if (!/^\d{1,3}$/.test(prefix)) return undefined
  // A network of mapped addresses is written with the 96 bits in front of IPv4.
  const bits = Number(prefix) - (address.version === 4 && base.includes(':') ? 96 : 0)
  return bits < 0 || bits > longest ? undefined : { ...address, bits }
}

export function isIn(address: IpAddress, network: IpNetwork): boolean {
  if (address.version !== network.version) return false
  const rest = BigInt((address.version === 4 ? 32 : 128) - network.bits)
  return address.value >> rest === network.value >> rest
}

function ipv4(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0n
  for (const part of parts) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    value = (value << 8n) | BigInt(part)
  }
  return value
}

function ipv6(text: string): bigint | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = halves.map((half, at) => groupsOf(half, at === halves.length - 1))
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined
  const missing = 8 - head.length - (tail?.length ?? 0)
  // `::` stands for at least one group.
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined
  const groups = [...head, ...new Array<bigint>(missing).fill(0n), ...(tail ?? [])]
  return groups.reduce((value, group) => (value << 16n) | group, 0n)
}

/** @param last the address ends with it: its last group may be an IPv4 address, which is two */
function groupsOf(text: string, last: boolean): readonly bigint[] | undefined {
  if (text === '') return []
  const groups: bigint[] = []
  const parts = text.split(':')
  for (const [at, part] of parts.entries()) {
    const four = last && at === parts.length - 1 ? ipv4(part) : undefined
    if (four !== undefined) groups.push(four >> 16n, four & 0xffffn)
    else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(BigInt(`0x${part}`))
    else return undefined
  }
  return groups
}
