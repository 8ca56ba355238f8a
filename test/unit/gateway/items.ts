import { createHash } from 'node:crypto'
import type { EventItem, QuarantineItem } from '../../../src/gateway/gateway-item.ts'

/** An event of a repository, small enough to be told apart by its datum. */
export function eventItem(id: string | undefined, text = String(id), key = 'library/app'): EventItem {
  return {
    kind: 'event',
    record: {
      key: Buffer.from(key),
      datum: Buffer.from(text),
      fingerprint: 'ab'.repeat(32),
      receivedAt: 1_700_000_000_123,
    },
    digest: createHash('sha256').update(text).digest().subarray(0, 16),
    ...(id === undefined ? {} : { id }),
  }
}

export function quarantineItem(text: string, headers: Record<string, string> = {}): QuarantineItem {
  return {
    kind: 'quarantine',
    record: {
      key: Buffer.from('192.0.2.1'),
      value: Buffer.from(text),
      receivedAt: 1_700_000_000_456,
      headers,
    },
  }
}
