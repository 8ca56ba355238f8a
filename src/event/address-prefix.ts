/** Longer texts are no address and no list of them, whatever they hold. */
const maxLength = 1_000

const ipv4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/
const ipv4WithPort = /^([\d.]+):\d{1,5}$/
const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/

/**
 * The network of each address in `text`, in place of the address: the first 24 bits of IPv4, the first 48 of IPv6.
 * `undefined` when any part of the text is no address. Takes what `request.addr` may be: an address, one with a port,
 * IPv6 in brackets, with a zone, and the list of an `X-Forwarded-For`.
 *
 * Ports and zones go: behind a shared address the port says whose connection it was.
 *
 * ```ts
 * addressPrefix('192.0.2.7:50123')            // '192.0.2.0'
 * addressPrefix('[2001:db8:1:2::7]:443')      // '2001:db8:1::'
 * addressPrefix('192.0.2.7, 198.51.100.9')    // '192.0.2.0, 198.51.100.0'
 * ```
 */
export function addressPrefix(text: string): string | undefined {
  if (text.length > maxLength) return undefined
  const prefixes = text.split(',').map((part) => prefixOf(part.trim()))
  return prefixes.includes(undefined) ? undefined : prefixes.join(', ')
}

function prefixOf(address: string): string | undefined {
  const bytes = bytesOf(ipv4WithPort.exec(address)?.[1] ?? address)
  if (bytes !== undefined) return networkOf(bytes)
  const groups = groupsOf((bracketed.exec(address)?.[1] ?? address).replace(/%.*$/, ''))
  if (groups === undefined) return undefined
  const [, , , , , mapped = 0, high = 0, low = 0] = groups
  // An IPv4 client on a socket for both: 48 bits of it are zeros and would say nothing of where it is.
  if (mapped === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return networkOf([high >> 8, high & 255, low >> 8])
  }
  const network = groups.slice(0, 3)
  while (network.at(-1) === 0) network.pop()
  return `${network.map((group) => group.toString(16)).join(':')}::`
}

function networkOf([first, second, third]: readonly number[]): string {
  return `${first}.${second}.${third}.0`
}

function bytesOf(text: string): readonly number[] | undefined {
  const parts = ipv4.exec(text)?.slice(1)
  // A leading zero is octal to some readers and decimal to others.
  if (parts === undefined || parts.some((part) => String(Number(part)) !== part || Number(part) > 255)) {
    return undefined
  }
  return parts.map(Number)
}

/** The eight groups of an IPv6 address. */
function groupsOf(text: string): readonly number[] | undefined {
  const [before = '', after, ...more] = text.split('::')
  if (more.length > 0) return undefined
  const head = partsOf(before, after === undefined)
  const tail = after === undefined ? [] : partsOf(after, true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  // The gap stands for one group at least.
  if (after === undefined ? missing !== 0 : missing < 1) return undefined
  return [...head, ...Array<number>(missing).fill(0), ...tail]
}

function partsOf(text: string, last: boolean): readonly number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [index, part] of parts.entries()) {
    const bytes = last && index === parts.length - 1 ? bytesOf(part) : undefined
    if (bytes !== undefined) {
      const [a = 0, b = 0, c = 0, d = 0] = bytes
      groups.push((a << 8) | b, (c << 8) | d)
    } else if (/^[\da-fA-F]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16))
    else return undefined
  }
  return groups
}
