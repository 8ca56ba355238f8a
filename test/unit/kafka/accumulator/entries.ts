import { Entry } from '../../../../src/kafka/accumulator/entry.ts'
import { PendingWrite } from '../../../../src/kafka/accumulator/pending-write.ts'

/** Entries with these texts as values and a given size; `undefined` for a value that is not there yet. */
export function entriesOf(texts: readonly (string | undefined)[], bytes = 10): Entry[] {
  return texts.map((text, index) => {
    const value = text === undefined ? () => new Promise<void>(() => {}) : Buffer.from(text)
    const record = { key: Buffer.from('k'), value, valueBytes: 1, timestamp: 1 }
    return new Entry(record, bytes, index, new PendingWrite(1), 0, () => {})
  })
}
