import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import { deadLetterFacts } from '../kafka/dead-letter-headers.ts'
import type { WrittenRecord } from '../kafka/writer-port.ts'
import type { DeadLetterId } from './dead-letters-id.ts'

/** What became of a dead letter. */
export interface Fate {
  readonly letter: DeadLetterId
  /** `endpoint <name>` or `topic <name>`. */
  readonly to: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

const fateHeader = 'relay.fate'
const partitionHeader = 'relay.fate.partition'
const offsetHeader = 'relay.fate.offset'
const toHeader = 'relay.fate.to'
const atHeader = 'relay.fate.at'

/**
 * A fate as a record of the same topic. In the partition of its letter and behind it: it is then kept for at least as long, and
 * whoever reads the letter reads on to it.
 */
export function fateRecord(topic: string, { letter, to, at }: Fate, key: Buffer | null): WrittenRecord {
  return {
    topic,
    partition: letter.partition,
    key,
    value: null,
    headers: new Map([
      [fateHeader, ['redriven']],
      [partitionHeader, [String(letter.partition)]],
      [offsetHeader, [String(letter.offset)]],
      [toHeader, [to]],
      [atHeader, [new Date(at).toISOString()]],
    ]),
  }
}

/** Undefined for a record that is none. */
export function fateOf(record: ConsumedRecord): Fate | undefined {
  // A dead letter keeps the headers of its record, whatever their names.
  if (record.value !== null || deadLetterFacts(record) !== undefined) return undefined
  const text = (name: string): string => record.headers.get(name)?.at(-1)?.toString('utf8') ?? ''
  const partition = text(partitionHeader)
  const offset = text(offsetHeader)
  if (text(fateHeader) !== 'redriven' || !/^\d{1,9}$/.test(partition) || !/^\d{1,19}$/.test(offset))
    return undefined
  return {
    letter: { partition: Number(partition), offset: BigInt(offset) },
    to: text(toHeader),
    at: Date.parse(text(atHeader)),
  }
}
