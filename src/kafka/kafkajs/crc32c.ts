/** Reversed polynomial of CRC-32C (Castagnoli), the checksum of a record batch. */
const polynomial = 0x82f63b78
const rows = 8

/** Row 0 for one byte; row n for a byte that n more bytes follow. */
const table = makeTable()

/** CRC-32C of `bytes` from `start` to `end`, eight bytes at a time. */
export function crc32c(bytes: Buffer, start: number, end: number): number {
  let crc = -1
  let at = start
  for (const last = end - rows; at <= last; at += rows) {
    const low = crc ^ bytes.readInt32LE(at)
    crc =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, bytes[at + 4] as number) ^
      entry(2, bytes[at + 5] as number) ^
      entry(1, bytes[at + 6] as number) ^
      entry(0, bytes[at + 7] as number)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ entry(0, (crc ^ (bytes[at] as number)) & 0xff)
  return (crc ^ -1) >>> 0
}

function entry(row: number, byte: number): number {
  return table[row * 256 + byte] as number
}

function makeTable(): Int32Array {
  const made = new Int32Array(rows * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
    made[byte] = crc
  }
  for (let at = 256; at < made.length; at++) {
    const before = made[at - 256] as number
    made[at] = (before >>> 8) ^ (made[before & 0xff] as number)
  }
  return made
}
