/** CRC-32C (Castagnoli), reflected: the polynomial that iSCSI, ext4 and Kafka's record batches use. */
const polynomial = 0x82f63b78

/**
 * Eight tables so that eight bytes are folded per turn: one table costs about three times the time, and a spool of a
 * gigabyte is checked while it is read.
 */
const tables: readonly Int32Array[] = makeTables()
const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as unknown as Int32ArrayOctet

type Int32ArrayOctet = readonly [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
]

/** CRC-32C of `bytes`, unsigned. `previous` is the CRC of what came before, so that parts can be chained. */
export function crc32c(bytes: Uint8Array, previous = 0): number {
  let crc = ~previous
  let at = 0
  const whole = bytes.length - (bytes.length % 8)
  // Every index is below the length or masked to a byte, so `at`'s absence check would only cost time.
  const b = bytes as unknown as { readonly [index: number]: number }
  for (; at < whole; at += 8) {
    const low = crc ^ (n(b, at) | (n(b, at + 1) << 8) | (n(b, at + 2) << 16) | (n(b, at + 3) << 24))
    crc =
      n(t7, low & 255) ^
      n(t6, (low >>> 8) & 255) ^
      n(t5, (low >>> 16) & 255) ^
      n(t4, low >>> 24) ^
      n(t3, n(b, at + 4)) ^
      n(t2, n(b, at + 5)) ^
      n(t1, n(b, at + 6)) ^
      n(t0, n(b, at + 7))
  }
  for (; at < bytes.length; at++) crc = n(t0, (crc ^ n(b, at)) & 255) ^ (crc >>> 8)
  return ~crc >>> 0
}

function n(table: { readonly [index: number]: number }, index: number): number {
  return table[index] as number
}

function makeTables(): Int32Array[] {
  const first = new Int32Array(256)
  for (let value = 0; value < 256; value++) {
    let crc = value
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    first[value] = crc
  }
  const made = [first]
  for (let table = 1; table < 8; table++) {
    const before = made[table - 1] as Int32Array
    made.push(Int32Array.from(before, (crc) => n(first, crc & 255) ^ (crc >>> 8)))
  }
  return made
}
