import type { DeadLetter } from '../operations/dead-letters.ts'
import { idText } from '../operations/dead-letters-id.ts'
import type { RedriveOutcome } from '../operations/dead-letters-redrive.ts'
import type { ShownLetter } from '../operations/dead-letters-show.ts'
import { isoTime } from './time-text.ts'

/** One line. Times are ISO 8601, offsets texts: they may be larger than a number of JSON can say. */
export function letterJson(letter: DeadLetter): string {
  return JSON.stringify(facts(letter))
}

/** The same, and headers (by name, each a list of texts), key, and either the Envelope or the bytes as hex. */
export function shownJson({ letter, record, content }: ShownLetter): string {
  const headers = [...record.headers].map(([name, values]) => [
    name,
    values.map((value) => value.toString('utf8')),
  ])
  const value =
    content instanceof Error
      ? { unreadable: content.code, why: content.message, valueHex: record.value?.toString('hex') ?? null }
      : { mediaType: content.mediaType, envelope: content.body }
  return JSON.stringify({ ...facts(letter), headers: Object.fromEntries(headers), ...value }, undefined, 2)
}

/** One line. */
export function outcomeJson({
  letter,
  to,
  result,
  error,
}: Pick<RedriveOutcome, 'letter' | 'to' | 'error'> & {
  readonly result: string
}): string {
  const { partition, offset } = letter.source
  return JSON.stringify({
    id: idText(letter.id),
    endpoint: letter.endpoint,
    repository: letter.repository,
    source: { topic: letter.source.topic, partition, offset: String(offset) },
    to,
    result,
    ...(error === undefined ? {} : { code: error.code, message: error.message }),
  })
}

function facts(letter: DeadLetter): object {
  const {
    id,
    at,
    key,
    repository,
    endpoint,
    group,
    stage,
    code,
    message,
    attempts,
    lastStatus,
    source,
    fate,
  } = letter
  return {
    id: idText(id),
    at: isoTime(at),
    endpoint,
    group,
    key: key ?? null,
    repository,
    reason: code,
    message,
    stage,
    attempts,
    status: lastStatus,
    firstFailureAt: isoTime(letter.firstFailureAt),
    lastFailureAt: isoTime(letter.lastFailureAt),
    source: { ...source, offset: String(source.offset), timestamp: isoTime(source.timestamp) },
    redriven: fate === undefined ? null : { to: fate.to, at: isoTime(fate.at) },
  }
}
