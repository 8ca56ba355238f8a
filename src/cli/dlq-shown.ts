import { idText } from '../operations/dead-letters-id.ts'
import type { ShownLetter } from '../operations/dead-letters-show.ts'
import { columns } from './columns.ts'
import { dash } from './dlq-text.ts'
import { plainLines } from './plain-text.ts'
import { timeText } from './time-text.ts'

/** A screen or two; `--json` has all of it. */
const mostHexBytes = 1_024
const hexColumns = 32

/** One dead letter for people. */
export function shownText(topic: string, { letter, record, content }: ShownLetter): string {
  const { source, fate } = letter
  const facts: readonly (readonly string[])[] = [
    ['', 'written', timeText(letter.at)],
    ['', 'endpoint', `${dash(letter.endpoint)} (group ${dash(letter.group)})`],
    ['', 'reason', `${dash(letter.code)}: ${letter.message}`],
    ['', 'stage', dash(letter.stage)],
    ['', 'attempts', `${dash(letter.attempts)}, last status ${dash(letter.lastStatus)}`],
    ['', 'failed', `first ${timeText(letter.firstFailureAt)}, last ${timeText(letter.lastFailureAt)}`],
    ['', 'source', `${source.topic}-${source.partition}@${source.offset}, ${timeText(source.timestamp)}`],
    ['', 'key', letter.key === undefined ? '-' : letter.key],
    ['', 'redriven', fate === undefined ? 'no' : `to ${fate.to}, ${timeText(fate.at)}`],
  ]
  const headers = [...record.headers].flatMap(([name, values]) =>
    values.map((value) => ['', name, headerText(value)]),
  )
  return plainLines([
    `Dead letter ${idText(letter.id)} of ${topic}`,
    ...columns(facts),
    '',
    'Headers',
    ...columns(headers),
    '',
    ...contentLines(record.value, content),
  ])
}

function contentLines(value: Buffer | null, content: ShownLetter['content']): readonly string[] {
  if (!(content instanceof Error)) {
    return [`Envelope (${content.mediaType})`, ...content.body.split('\n')]
  }
  const bytes = value ?? Buffer.alloc(0)
  const shown = bytes.subarray(0, mostHexBytes)
  const lines: string[] = []
  for (let at = 0; at < shown.length; at += hexColumns)
    lines.push(`  ${shown.toString('hex', at, at + hexColumns)}`)
  const rest = bytes.length - shown.length
  return [
    `Value that cannot be read (${content.code}: ${content.message}), ${bytes.length} bytes`,
    ...lines,
    ...(rest > 0 ? [`  and ${rest} more (--json prints all)`] : []),
  ]
}

function headerText(value: Buffer): string {
  const text = value.toString('utf8')
  return Buffer.from(text, 'utf8').equals(value) ? text : `hex ${value.toString('hex')}`
}
