const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/**
 * 32-bit MurmurHash2 as Java's Kafka client computes it, signed like there. `Math.imul` is the multiplication of Java's
 * int; the client library does the same with big integers in twenty times the time.
 */
export function murmur2(data: Uint8Array): number {
  const length = data.length
  const tail = length & ~3
  let hash = seed ^ length

  for (let at = 0; at < tail; at += 4) {
    let word =
      (data[at] as number) |
      ((data[at + 1] as number) << 8) |
      ((data[at + 2] as number) << 16) |
      ((data[at + 3] as number) << 24)
    word = Math.imul(word, multiplier)
    word ^= word >>> 24
    hash = Math.imul(hash, multiplier) ^ Math.imul(word, multiplier)
  }

  const rest = length & 3
  if (rest > 2) hash ^= (data[tail + 2] as number) << 16
  if (rest > 1) hash ^= (data[tail + 1] as number) << 8
  if (rest > 0) hash = Math.imul(hash ^ (data[tail] as number), multiplier)

  hash ^= hash >>> 13
  hash = Math.imul(hash, multiplier)
  return hash ^ (hash >>> 15)
}
