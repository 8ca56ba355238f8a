import { envelopeOf } from '../../src/avro/envelope-of.ts'
import { decodeStoredEvent } from '../../src/avro/event-codec.ts'
import type { IngestRecord } from '../../src/avro/stored-event.ts'
import type { GatewayItem } from '../../src/gateway/gateway-item.ts'
import { decodeItems } from '../../src/gateway/item-codec.ts'
import { rejectedHeader } from '../../src/gateway/quarantine.ts'
import { FileSpool } from '../../src/spool/file-spool.ts'
import { nodeDisk } from '../../src/spool/node-disk.ts'
import { nodeProcesses } from '../../src/spool/node-processes.ts'

/** What a gateway kept of something that was posted. */
export type Kept = KeptEvent | KeptRejected

export interface KeptEvent {
  readonly kind: 'event'
  /** The parameter `n` of the Content-Type that it was posted under: which request it is of. */
  readonly request: number | undefined
  readonly id: string | undefined
  /** As a receiver will get it. */
  readonly envelope: string
  readonly index: number
  /** Of the elements of the Envelope that was posted. */
  readonly count: number
}

export interface KeptRejected {
  readonly kind: 'rejected'
  readonly request: number | undefined
  readonly reason: string
  readonly value: Buffer
  /** `whole`, `beginning` and so on. */
  readonly content: string
  /** Of the whole. */
  readonly bytes: number
  /** Of the whole, in hex. */
  readonly sha256: string
  /** Of an element of an Envelope. */
  readonly index: number | undefined
}

/** A Content-Type by which what is kept of a request is found again. */
export function numbered(contentType: string, request: number): string {
  return `${contentType}; n=${request}`
}

/** All that is in the spool of a gateway that has stopped, in order. */
export async function readSpool(folder: string): Promise<readonly Kept[]> {
  const spool = await FileSpool.open({ folder, disk: nodeDisk, processes: nodeProcesses })
  try {
    const kept: Kept[] = []
    for await (const { content } of spool.recent({ sinceMs: 0, records: Number.MAX_SAFE_INTEGER })) {
      kept.push(...decodeItems(content).map(keptOf))
    }
    return kept
  } finally {
    await spool.close()
  }
}

export function byRequest(kept: readonly Kept[]): ReadonlyMap<number | undefined, readonly Kept[]> {
  const groups = new Map<number | undefined, Kept[]>()
  for (const one of kept) {
    const group = groups.get(one.request)
    if (group === undefined) groups.set(one.request, [one])
    else group.push(one)
  }
  return groups
}

function keptOf(item: GatewayItem): Kept {
  if (item.kind === 'quarantine') return keptRejected(item.record.value, item.record.headers)
  const stored = decodeStoredEvent(item.record.datum)
  return keptEvent(stored.event.id, envelopeOf(stored).body, stored.ingest)
}

export function keptEvent(id: string | undefined, envelope: string, ingest: IngestRecord = {}): KeptEvent {
  const { contentType, envelopeIndex = 0, envelopeCount = 1 } = ingest
  return {
    kind: 'event',
    request: requestOf(contentType),
    id,
    envelope,
    index: envelopeIndex,
    count: envelopeCount,
  }
}

export function keptRejected(value: Buffer, headers: Readonly<Record<string, string>>): KeptRejected {
  const index = headers[rejectedHeader.eventIndex]
  return {
    kind: 'rejected',
    request: requestOf(headers['content-type']),
    reason: headers[rejectedHeader.reason] ?? '',
    value,
    content: headers[rejectedHeader.content] ?? '',
    bytes: Number(headers[rejectedHeader.bytes]),
    sha256: headers[rejectedHeader.sha256] ?? '',
    index: index === undefined ? undefined : Number(index),
  }
}

function requestOf(contentType: string | undefined): number | undefined {
  const number = /; n=(\d+)$/.exec(contentType ?? '')?.[1]
  return number === undefined ? undefined : Number(number)
}
