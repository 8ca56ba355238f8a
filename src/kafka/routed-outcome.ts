import { isRelayError, RelayError, toError } from '../errors.ts'
import type { RejectedItem } from './accumulator/pending-write.ts'
import type { RecordAck } from './record-sink.ts'

/** What of a write goes to one topic, and what became of it. */
export interface WrittenPart {
  readonly topic: string
  /** Place of each of its records in the whole write. */
  readonly indices: readonly number[]
  readonly written: Promise<readonly RecordAck[]>
}

interface Failure {
  readonly part: WrittenPart
  readonly error: Error
}

/** The parts of one write as one: all receipts in its order; or, once every part has its outcome, one error for all. */
export async function settleTogether(parts: readonly WrittenPart[]): Promise<readonly RecordAck[]> {
  const acks: RecordAck[] = []
  const failures: Failure[] = []
  const outcomes = parts.map(async (part) => {
    try {
      for (const [i, ack] of (await part.written).entries()) acks[part.indices[i] as number] = ack
    } catch (thrown) {
      failures.push({ part, error: toError(thrown) })
    }
  })
  await Promise.all(outcomes)
  // One that repetition may mend comes first: told that the other is for good, a caller would give up both.
  const failure = failures.find(({ error }) => !isRelayError(error) || error.retriable) ?? failures[0]
  if (failure === undefined) return acks
  throw ofTheWhole(failure, failures.flatMap(rejectedOf))
}

/** An error that is not ours is the reason of a signal, which the caller knows; a closed sink says all by its code. */
function ofTheWhole({ part, error }: Failure, rejected: readonly RejectedItem[]): Error {
  if (!(error instanceof RelayError) || error.code === 'SINK_CLOSED') return error
  const { index } = error.facts
  return new RelayError(error.code, `of ${part.indices.length} records for ${part.topic}: ${error.message}`, {
    cause: error,
    facts: {
      ...error.facts,
      ...(typeof index === 'number' ? { index: part.indices[index] } : {}),
      rejected: rejected.toSorted((a, b) => a.index - b.index),
    },
  })
}

/** Where Kafka refused some for good, the error names them and the others are there; else nothing is known to be. */
function rejectedOf({ part: { indices }, error }: Failure): readonly RejectedItem[] {
  const named: unknown = error instanceof RelayError ? error.facts['rejected'] : undefined
  if (Array.isArray(named)) {
    return named.map(({ index, reason }: RejectedItem) => ({ index: indices[index] as number, reason }))
  }
  return indices.map((index) => ({ index, reason: error.message }))
}
