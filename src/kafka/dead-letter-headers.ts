import type { ConsumedRecord } from './consumer-port.ts'
import type { DeadLetterReason } from './dead-letter-port.ts'

type Headers = ReadonlyMap<string, readonly (Buffer | string)[]>

/** Names that Kafka Connect gives the errors of its sinks, so that its tools read ours, and what it has no name for. */
const names = {
  topic: '__connect.errors.topic',
  partition: '__connect.errors.partition',
  offset: '__connect.errors.offset',
  group: '__connect.errors.connector.name',
  task: '__connect.errors.task.id',
  stage: '__connect.errors.stage',
  executingClass: '__connect.errors.class.name',
  code: '__connect.errors.exception.class.name',
  message: '__connect.errors.exception.message',
  endpoint: 'relay.endpoint',
  attempts: 'relay.attempts',
  firstFailure: 'relay.first.failure',
  lastFailure: 'relay.last.failure',
  lastStatus: 'relay.last.status',
  timestamp: 'relay.source.timestamp',
} as const

const stages = { decode: 'VALUE_CONVERTER', deliver: 'TASK_PUT' } as const
/** A reason is for people; one that quotes a schema must not make the record too large. */
const maxMessageLength = 500

/** Who gave the record up. */
export interface DeadLetterWriter {
  readonly groupId: string
  readonly endpoint: string
}

/** What the headers of a dead letter say. Undefined: not said, as by another program that writes there. */
export interface DeadLetterFacts {
  readonly source: {
    readonly topic: string
    readonly partition: number
    readonly offset: bigint
    /** Milliseconds since the epoch. */
    readonly timestamp: number | undefined
  }
  readonly endpoint: string | undefined
  readonly group: string | undefined
  readonly stage: 'decode' | 'deliver' | undefined
  readonly code: string
  readonly message: string
  readonly attempts: number | undefined
  /** Milliseconds since the epoch. */
  readonly firstFailureAt: number | undefined
  readonly lastFailureAt: number | undefined
  readonly lastStatus: number | undefined
}

/**
 * The record's own headers, and behind them those that say where it lay and why it was given up. Where the record has one of
 * that name already, from an earlier life, both stay: the last value is the one of now.
 */
export function deadLetterHeaders(
  record: ConsumedRecord,
  reason: DeadLetterReason,
  { groupId, endpoint }: DeadLetterWriter,
): Headers {
  // Each of them always, the status empty where there was none: a reader, and whoever takes them away again, must not find
  // the value of an earlier life in the place of one that is missing.
  const own: Readonly<Record<keyof typeof names, string>> = {
    topic: record.topic,
    partition: String(record.partition),
    offset: String(record.offset),
    group: groupId,
    task: '0',
    stage: stages[reason.stage],
    executingClass: 'registry-relay',
    code: reason.code,
    message: reason.message.slice(0, maxMessageLength),
    endpoint,
    attempts: String(reason.attempts),
    firstFailure: new Date(reason.firstFailureAt).toISOString(),
    lastFailure: new Date(reason.lastFailureAt).toISOString(),
    lastStatus: reason.lastStatus === undefined ? '' : String(reason.lastStatus),
    timestamp: String(record.timestamp),
  }
  const headers = new Map<string, readonly (Buffer | string)[]>(record.headers)
  for (const [name, text] of Object.entries(own)) {
    const header = names[name as keyof typeof names]
    headers.set(header, [...(headers.get(header) ?? []), text])
  }
  return headers
}

/** The headers of the record before it was given up: without the values that {@link deadLetterHeaders} put there. */
export function sourceHeaders({
  headers,
}: Pick<ConsumedRecord, 'headers'>): ReadonlyMap<string, readonly Buffer[]> {
  const source = new Map(headers)
  for (const name of Object.values(names)) {
    const before = source.get(name)?.slice(0, -1) ?? []
    if (before.length > 0) source.set(name, before)
    else source.delete(name)
  }
  return source
}

/** Undefined for a record that is no dead letter. Dead letters of Kafka Connect are some. */
export function deadLetterFacts({ headers }: Pick<ConsumedRecord, 'headers'>): DeadLetterFacts | undefined {
  const text = (name: keyof typeof names): string | undefined =>
    headers.get(names[name])?.at(-1)?.toString('utf8')
  const topic = text('topic')
  const partition = number(text('partition'))
  const offset = text('offset')
  if (topic === undefined || partition === undefined || offset === undefined || !/^\d+$/.test(offset))
    return undefined
  const stage = text('stage')
  return {
    source: { topic, partition, offset: BigInt(offset), timestamp: number(text('timestamp')) },
    endpoint: text('endpoint'),
    group: text('group'),
    stage: stage === stages.decode ? 'decode' : stage === stages.deliver ? 'deliver' : undefined,
    code: text('code') ?? 'unknown',
    message: text('message') ?? '',
    attempts: number(text('attempts')),
    firstFailureAt: instant(text('firstFailure')),
    lastFailureAt: instant(text('lastFailure')),
    lastStatus: number(text('lastStatus')),
  }
}

function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function instant(text: string | undefined): number | undefined {
  const at = Date.parse(text ?? '')
  return Number.isNaN(at) ? undefined : at
}
