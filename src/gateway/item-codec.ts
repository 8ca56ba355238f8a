import { RelayError } from '../errors.ts'
import type { EventItem, GatewayItem, QuarantineItem } from './gateway-item.ts'

/**
 * Items as bytes, for the spool: what one notification left behind is one record there, so that a crash keeps all of it
 * or none. The table of bytes is in docs/spool-format.md; a change of it is a new version.
 */
const version = 1
const eventKind = 1
const quarantineKind = 2
const digestBytes = 16
const fingerprintBytes = 32
/** Times are milliseconds in 48 bits, which end in the year 10889. */
const timeBytes = 6

export function encodeItems(items: readonly GatewayItem[]): Buffer {
  const parts: Buffer[] = [Buffer.from([version]), uint32(items.length)]
  for (const item of items) {
    if (item.kind === 'event') encodeEvent(item, parts)
    else encodeQuarantine(item, parts)
  }
  return Buffer.concat(parts)
}

/**
 * Keys, datums and values are views into `content`.
 *
 * @throws RelayError RECORD_UNDECODABLE: written by another version, or not by {@link encodeItems}.
 */
export function decodeItems(content: Buffer): readonly GatewayItem[] {
  try {
    const reader = new Reader(content)
    const written = reader.byte()
    if (written !== version) throw new Error(`version ${written}, and this relay reads ${version}`)
    const items = Array.from({ length: reader.count() }, () => decodeItem(reader))
    reader.assertEnd()
    return items
  } catch (cause) {
    throw new RelayError('RECORD_UNDECODABLE', `the spooled record cannot be read: ${String(cause)}`, {
      cause,
    })
  }
}

function encodeEvent({ record, id, digest }: EventItem, parts: Buffer[]): void {
  parts.push(Buffer.from([eventKind]), time(record.receivedAt))
  pushBytes(parts, record.key)
  // An id that is the empty text and one that is missing are the same to a window of ids.
  pushBytes(parts, Buffer.from(id ?? '', 'utf8'))
  parts.push(digest, Buffer.from(record.fingerprint, 'hex'))
  pushBytes(parts, record.datum)
  pushHeaders(parts, record.headers ?? {})
}

function encodeQuarantine({ record }: QuarantineItem, parts: Buffer[]): void {
  parts.push(Buffer.from([quarantineKind]), time(record.receivedAt))
  pushBytes(parts, record.key)
  pushBytes(parts, record.value)
  pushHeaders(parts, record.headers)
}

function decodeItem(reader: Reader): GatewayItem {
  const kind = reader.byte()
  const receivedAt = reader.bytes(timeBytes).readUIntBE(0, timeBytes)
  const key = reader.sized()
  if (kind === quarantineKind) {
    const value = reader.sized()
    return { kind: 'quarantine', record: { key, value, receivedAt, headers: reader.headers() } }
  }
  if (kind !== eventKind) throw new Error(`an item of kind ${kind}`)
  const id = reader.sized().toString('utf8')
  const digest = reader.bytes(digestBytes)
  const fingerprint = reader.bytes(fingerprintBytes).toString('hex')
  const datum = reader.sized()
  const headers = reader.headers()
  return {
    kind: 'event',
    record: {
      key,
      datum,
      fingerprint,
      receivedAt,
      ...(Object.keys(headers).length === 0 ? {} : { headers }),
    },
    digest,
    ...(id === '' ? {} : { id }),
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function time(ms: number): Buffer {
  const bytes = Buffer.allocUnsafe(timeBytes)
  bytes.writeUIntBE(ms, 0, timeBytes)
  return bytes
}

function pushBytes(parts: Buffer[], bytes: Buffer): void {
  parts.push(uint32(bytes.length), bytes)
}

function pushHeaders(parts: Buffer[], headers: Readonly<Record<string, string>>): void {
  const entries = Object.entries(headers)
  parts.push(uint32(entries.length))
  for (const text of entries.flat()) pushBytes(parts, Buffer.from(text, 'utf8'))
}

class Reader {
  readonly #content: Buffer
  #at = 0

  constructor(content: Buffer) {
    this.#content = content
  }

  byte(): number {
    return this.bytes(1).readUInt8(0)
  }

  bytes(length: number): Buffer {
    const end = this.#at + length
    if (end > this.#content.length) throw new Error(`it ends before byte ${end}`)
    const bytes = this.#content.subarray(this.#at, end)
    this.#at = end
    return bytes
  }

  sized(): Buffer {
    return this.bytes(this.bytes(4).readUInt32BE(0))
  }

  /** Of things that take at least a byte each: more than there are bytes cannot be right, and must not be allocated. */
  count(): number {
    const count = this.bytes(4).readUInt32BE(0)
    if (count > this.#content.length - this.#at) throw new Error(`it announces ${count} parts`)
    return count
  }

  headers(): Record<string, string> {
    return Object.fromEntries(
      Array.from({ length: this.count() }, () => [
        this.sized().toString('utf8'),
        this.sized().toString('utf8'),
      ]),
    )
  }

  assertEnd(): void {
    if (this.#at < this.#content.length) throw new Error('bytes follow its last item')
  }
}
