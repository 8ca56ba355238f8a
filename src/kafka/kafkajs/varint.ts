/** Zigzag varints as Kafka writes them: of 32 bits for lengths and offsets, longer for times. */

export function sizeOfVarint(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x20_0000) return 3
  return zigzag < 0x1000_0000 ? 4 : 5
}

/** Writes `value`, a whole number of 32 bits, and returns where it ends. */
export function writeVarint(buffer: Buffer, value: number, at: number): number {
  let zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  let end = at
  while (zigzag >= 0x80) {
    buffer[end++] = (zigzag & 0x7f) | 0x80
    zigzag >>>= 7
  }
  buffer[end++] = zigzag
  return end
}

/** `value` up to 2^52, which zigzag doubles. */
export function sizeOfVarlong(value: number): number {
  let zigzag = value < 0 ? -value * 2 - 1 : value * 2
  let size = 1
  while (zigzag >= 0x80) {
    zigzag = Math.floor(zigzag / 0x80)
    size += 1
  }
  return size
}

/** As {@link writeVarint}, for a `value` up to 2^52. */
export function writeVarlong(buffer: Buffer, value: number, at: number): number {
  let zigzag = value < 0 ? -value * 2 - 1 : value * 2
  let end = at
  while (zigzag >= 0x80) {
    buffer[end++] = (zigzag % 0x80) | 0x80
    zigzag = Math.floor(zigzag / 0x80)
  }
  buffer[end++] = zigzag
  return end
}
