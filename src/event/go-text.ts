import { isUtf8 } from 'node:buffer'

// Well-formed sequences of two to four bytes, as units of latin1; else a single byte above ASCII.
const beyondAscii =
  /([\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})|[\x80-\xff]/g

/**
 * Bytes as Go's decoder takes them: every byte that is no part of UTF-8 becomes one U+FFFD. Node replaces a cut-off
 * sequence as a whole, so that `E2 80` would come out as one character instead of two.
 */
export function goText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isUtf8(buffer)) return buffer.toString('utf8')
  return buffer
    .toString('latin1')
    .replace(beyondAscii, (_, sequence: string | undefined) =>
      sequence === undefined ? '\ufffd' : Buffer.from(sequence, 'latin1').toString('utf8'),
    )
}
