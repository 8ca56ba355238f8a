import type { ReceivedPost } from '../app/receiver.ts'
import { readEnvelope } from '../event/envelope.ts'
import { plainText } from './plain-text.ts'

/** A line for each event of a POST, or for what it has instead. Whoever reaches the port chose every word of them. */
export function postLines({ body, contentType }: Pick<ReceivedPost, 'body' | 'contentType'>): string[] {
  const behind = `(${body.length} bytes, ${contentType ?? 'no content type'})`
  return describe(body).map((line) => plainText(`${line}  ${behind}`))
}

function describe(body: Buffer): string[] {
  try {
    const { events, rejected } = readEnvelope(body)
    const lines = events.map(({ event: { action, target, id } }) => {
      const reference = target?.tag ?? target?.digest ?? ''
      return `${action ?? '?'} ${target?.repository ?? '?'} ${reference}  id ${id ?? '?'}`
    })
    return [...lines, ...rejected.map(({ reason }) => `not an event: ${reason}`)]
  } catch (error) {
    return [`not an Envelope: ${error instanceof Error ? error.message : String(error)}`]
  }
}
