/**
 * What is done above a committed offset, as the metadata of that commit: without it whoever reads on would deliver all of it
 * again, up to a window of records for one repository that fails.
 *
 * `rr1.<committed offset>.<form>.<base64url>`. The form is the shorter of
 * - `b`, a bitmap: bit n, the lowest of a byte first, says that offset `committed + 1 + n` is done;
 * - `r`, lengths of runs, as varints: not done, done, not done, … from `committed + 1` on.
 *
 * 100 records in flight are some 20 characters. The committed offset is repeated, so that a map which a tool carried over to
 * another offset is not believed.
 */
const version = 'rr1'

/** What brokers take as metadata unless told otherwise (`offset.metadata.max.bytes`). */
export const maxMetadataLength = 4_096

/** Farther than any window: bytes that promise more are no map of ours, and must not fill the memory. */
const farthest = 1_000_000

/**
 * @param next the committed offset, which is not done
 * @param distances of the done offsets from `next`, ascending, from 1
 * @param maxLength of the text; what does not fit is left off from the far end, and delivered again after a crash. Empty
 * where nothing fits
 */
export function completionMap(next: bigint, distances: readonly number[], maxLength: number): string {
  if (distances.length === 0) return ''
  const head = `${version}.${next.toString(36)}.`
  const maxBytes = Math.floor(((maxLength - head.length - 2) * 3) / 4)
  if (maxBytes < 1) return ''
  const runs = runsOf(distances.filter((distance) => distance < farthest))
  const bitmapLength = Math.ceil((distances.at(-1) ?? 0) / 8)
  if (runs.length < bitmapLength && runs.length <= maxBytes) return `${head}r.${runs.toString('base64url')}`
  const bitmap = bitmapOf(distances, Math.min(bitmapLength, maxBytes))
  return `${head}b.${bitmap.toString('base64url')}`
}

/**
 * The done offsets, ascending. None for a text that is no map, is of a later version, or belongs to another offset: metadata is
 * anybody's to write, and a map that is not understood costs repeats, while one that is misread would lose events.
 *
 * @param next the offset that the text was committed with
 */
export function completedOffsets(next: bigint, text: string): readonly bigint[] {
  const [given, offset, form, encoded, ...rest] = text.split('.')
  if (given !== version || offset !== next.toString(36) || encoded === undefined || rest.length > 0) return []
  const bytes = Buffer.from(encoded, 'base64url')
  if (bytes.toString('base64url') !== encoded) return []
  const distances = form === 'b' ? ofBitmap(bytes) : form === 'r' ? ofRuns(bytes) : []
  return distances.map((distance) => next + BigInt(distance))
}

function bitmapOf(distances: readonly number[], length: number): Buffer {
  const bitmap = Buffer.alloc(length)
  for (const distance of distances) {
    const bit = distance - 1
    const at = bit >> 3
    if (at >= length) break
    bitmap[at] = (bitmap[at] as number) | (1 << (bit & 7))
  }
  return bitmap
}

function ofBitmap(bitmap: Buffer): readonly number[] {
  const distances: number[] = []
  for (const [at, byte] of bitmap.entries()) {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) distances.push(at * 8 + bit + 1)
  }
  return distances
}

function runsOf(distances: readonly number[]): Buffer {
  const bytes: number[] = []
  let end = 1
  for (let at = 0; at < distances.length; ) {
    const start = distances[at] as number
    let length = 0
    while (distances[at + length] === start + length) length++
    pushVarint(bytes, start - end)
    pushVarint(bytes, length)
    end = start + length
    at += length
  }
  return Buffer.from(bytes)
}

function ofRuns(bytes: Buffer): readonly number[] {
  const distances: number[] = []
  let offset = 1
  let done = false
  for (let at = 0; at < bytes.length; ) {
    let value = 0
    let factor = 1
    for (;;) {
      const byte = bytes[at++]
      if (byte === undefined) return []
      value += (byte & 0x7f) * factor
      factor *= 128
      if (byte < 0x80) break
    }
    // Said so that NaN, which a long enough varint comes to, is refused as well.
    if (!(offset + value <= farthest)) return []
    if (done) for (let n = 0; n < value; n++) distances.push(offset + n)
    offset += value
    done = !done
  }
  return distances
}

function pushVarint(bytes: number[], value: number): void {
  let left = value
  while (left >= 0x80) {
    bytes.push((left & 0x7f) | 0x80)
    left = Math.floor(left / 128)
  }
  bytes.push(left)
}
