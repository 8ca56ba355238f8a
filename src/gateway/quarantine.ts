import { hash } from 'node:crypto'
import { type Clock, systemClock } from '../clock.ts'
import type { TraceContext } from '../telemetry.ts'
import type { QuarantineItem } from './gateway-item.ts'

/** What is known of a request beside its body. Nothing secret: no credentials, no cookies, no query. */
export interface Arrival {
  readonly contentType?: string | undefined
  readonly contentEncoding?: string | undefined
  readonly userAgent?: string | undefined
  /** Address of the peer. */
  readonly sender?: string | undefined
  /** For its records. */
  readonly trace?: TraceContext | undefined
}

/** A body, or a part of one, that cannot be published as an event. */
export interface Rejected {
  /** A code, as in `code` of a refusal: NOT_AN_ENVELOPE, TOO_LARGE, UNSUPPORTED_MEDIA_TYPE and the like. */
  readonly reason: string
  /** For people. Holds nothing of the body. */
  readonly message: string
  /** The bytes, or the first of them where there were more; none where they must not be stored. */
  readonly content: Buffer
  /** Bytes and hex SHA-256 of all of it, where `content` is not. */
  readonly whole?: { readonly bytes: number; readonly sha256: string }
  /** Of an Envelope of which only this element is rejected: its place in `events`. */
  readonly eventIndex?: number
  /** The same for all that came with one request. */
  readonly envelopeId?: string
  /** The repository, where it is known. Default: the sender's address. */
  readonly key?: string
}

/** Makes the record that keeps something rejected. */
export type Quarantine = (rejected: Rejected, arrival: Arrival) => QuarantineItem

export interface QuarantineOptions {
  /** `keep` (default): the bytes. `digest`: only their number and SHA-256, where what was posted must not be stored. */
  readonly content?: 'keep' | 'digest'
  readonly clock?: Clock
}

/** How much of a body is kept where it cannot be kept whole: enough to see who sent it and what it was meant to be. */
export const keptBytes: number = 64 * 1024

/** Headers of the quarantine topic. The names of the relay's own begin with `x-rejected-`. */
export const rejectedHeader = {
  reason: 'x-rejected-reason',
  message: 'x-rejected-message',
  /** `whole`, `beginning`, `digest` or `file`: what the value is. */
  content: 'x-rejected-content',
  bytes: 'x-rejected-bytes',
  sha256: 'x-rejected-sha256',
  eventIndex: 'x-rejected-event-index',
  envelopeId: 'x-rejected-envelope-id',
  sender: 'x-rejected-sender',
  /** Name of the file beside the spool that has the whole of it. */
  file: 'x-rejected-file',
} as const

/** Longer header values and repositories are the sender's doing and say nothing more; a topic might refuse them. */
const maxHeaderText = 512

export function createQuarantine(options: QuarantineOptions = {}): Quarantine {
  const { content: policy = 'keep', clock = systemClock } = options
  return (rejected, arrival) => {
    const { content, whole, eventIndex, envelopeId } = rejected
    const value = policy === 'digest' ? Buffer.alloc(0) : content
    const bytes = whole?.bytes ?? content.length
    return {
      kind: 'quarantine',
      record: {
        key: Buffer.from((rejected.key ?? arrival.sender ?? '').slice(0, maxHeaderText), 'utf8'),
        value,
        receivedAt: clock.now(),
        headers: {
          ...arrival.trace,
          ...present({
            [rejectedHeader.reason]: rejected.reason,
            [rejectedHeader.message]: rejected.message,
            [rejectedHeader.content]: keptAs(value.length, bytes),
            [rejectedHeader.bytes]: String(bytes),
            [rejectedHeader.sha256]: whole?.sha256 ?? hash('sha256', content, 'hex'),
            [rejectedHeader.eventIndex]: eventIndex === undefined ? undefined : String(eventIndex),
            [rejectedHeader.envelopeId]: envelopeId,
            [rejectedHeader.sender]: arrival.sender,
            'content-type': arrival.contentType,
            'content-encoding': arrival.contentEncoding,
            'user-agent': arrival.userAgent,
          }),
        },
      },
    }
  }
}

/** An empty body is kept whole. */
function keptAs(kept: number, bytes: number): string {
  if (kept === bytes) return 'whole'
  return kept === 0 ? 'digest' : 'beginning'
}

function present(headers: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value.slice(0, maxHeaderText)]],
    ),
  )
}
