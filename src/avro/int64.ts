import avro from 'avsc'

/**
 * Avro's `long` over its whole range: a number where a number is exact, a bigint beyond.
 *
 * avsc's own refuses 2^53 - 1 and everything above, and throws when it *reads* such a value: one event with a huge
 * size would be a record that no consumer of ours can get past. Its replacement by bigints alone would make every
 * size and instant a bigint, which costs more and which no caller wants.
 */
export const int64: avro.Type = avro.types.LongType.__with(
  {
    fromBuffer: readInt64,
    toBuffer: writeInt64,
    fromJSON: (value: number | bigint) => value,
    toJSON: (value: number | bigint) => value,
    isValid: isInt64,
    compare: (a: number | bigint, b: number | bigint) => (a === b ? 0 : a < b ? -1 : 1),
  },
  // "No unpack": we get and give the variable-length bytes. avsc's unpacking allocates two buffers for each value.
  true,
)

const least = -(2n ** 63n)
const greatest = 2n ** 63n - 1n

function isInt64(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value)
  return typeof value === 'bigint' && value >= least && value <= greatest
}

/** One buffer for each length a value can have (7 bits a byte, so 1 to 10); avsc copies from it at once. */
const scratch: readonly Buffer[] = Array.from({ length: 11 }, (_, length) => Buffer.alloc(length))

/**
 * Zigzag (0, -1, 1, -2 … become 0, 1, 2, 3 …), then seven bits a byte, lowest first, the high bit set on all but the last.
 *
 * Numbers up to 2^52 - 1 stay numbers: doubled, they are still exact. Division in place of shifts, as those cut at 32 bits.
 */
function writeInt64(value: number | bigint): Buffer {
  if (typeof value === 'number' && value < 2 ** 52 && value >= -(2 ** 52)) {
    let rest = value >= 0 ? value * 2 : -value * 2 - 1
    let length = 1
    for (let bound = 0x80; rest >= bound; bound *= 0x80) length += 1
    const bytes = scratch[length] as Buffer
    for (let i = 0; i < length - 1; i += 1) {
      bytes[i] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    bytes[length - 1] = rest
    return bytes
  }
  const wide = BigInt(value)
  let rest = wide >= 0n ? wide * 2n : -wide * 2n - 1n
  let length = 1
  for (let bound = 0x80n; rest >= bound; bound *= 0x80n) length += 1
  const bytes = scratch[length] as Buffer
  for (let i = 0; i < length; i += 1) {
    bytes[i] = Number(rest % 0x80n) | (i === length - 1 ? 0 : 0x80)
    rest /= 0x80n
  }
  return bytes
}

/** Seven bytes hold 49 bits, exact as a number; from the eighth on it takes a bigint to be sure. */
function readInt64(bytes: Buffer): number | bigint {
  if (bytes.length <= 7) {
    let zigzag = 0
    for (let i = bytes.length - 1; i >= 0; i -= 1) zigzag = zigzag * 0x80 + ((bytes[i] as number) & 0x7f)
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  }
  let zigzag = 0n
  for (let i = bytes.length - 1; i >= 0; i -= 1) zigzag = zigzag * 0x80n + BigInt((bytes[i] as number) & 0x7f)
  if (bytes.length > 10 || zigzag > 0xffff_ffff_ffff_ffffn) throw new Error('a long of more than 64 bits')
  const value = zigzag % 2n === 0n ? zigzag / 2n : -(zigzag + 1n) / 2n
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value
}
