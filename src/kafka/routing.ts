import { murmur2 } from './murmur2.ts'

/**
 * The partition that Java's default partitioner gives a key: whoever writes the same repository with another client
 * lands in the same partition. Masking the sign keeps it as Java does; `Math.abs` would differ for half of all keys.
 */
export function partitionOf(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}
