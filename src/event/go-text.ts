import { isUtf8 } from 'node:buffer'

/**
 * Bytes as Go's decoder takes them: every byte that is no part of UTF-8 becomes one U+FFFD. Node replaces a cut-off
 * sequence as a whole, so that `E2 80` would come out as one character instead of two.
 */
export function goText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8')
  // U+FFFD has three bytes. Byte by byte into one buffer, as a hostile text is nothing but such bytes.
  const repaired = Buffer.allocUnsafe(3 * buffer.length)
  let length = 0
  for (let at = 0; at < buffer.length; ) {
    const sequence = sequenceLength(buffer, at)
    if (sequence === 0) {
      repaired[length++] = 0xef
      repaired[length++] = 0xbf
      repaired[length++] = 0xbd
      at++
    }
    for (const end = at + sequence; at < end; at++) repaired[length++] = buffer[at] as number
  }
  return repaired.toString('utf8', 0, length)
}

/** Of the well-formed sequence at `at`; 0 when none begins there. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const expected = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  for (let next = 1; next < expected; next++) {
    const byte = bytes[at + next]
    if (byte === undefined || byte < 0x80 || byte > 0xbf) return 0
  }
  // The second byte tells overlong forms, surrogates, and what is beyond U+10FFFF.
  const second = bytes[at + 1] as number
  if (first === 0xe0 && second < 0xa0) return 0
  if (first === 0xed && second > 0x9f) return 0
  if (first === 0xf0 && second < 0x90) return 0
  if (first === 0xf4 && second > 0x8f) return 0
  return expected
}
