import type { EventDecoder } from '../avro/event-decoder.ts'
import { isRelayError, type RelayError } from '../errors.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { TopicSpan } from '../kafka/reader-port.ts'
import { type DeadLetter, type DeadLetterTopic, deadLetterOf, wholeTopic } from './dead-letters.ts'
import { decodeLetter } from './dead-letters-content.ts'
import { type Fate, fateOf } from './dead-letters-fates.ts'
import { type DeadLetterId, idText } from './dead-letters-id.ts'

/** One dead letter with all that is in it. */
export interface ShownLetter {
  readonly letter: DeadLetter
  readonly record: ConsumedRecord
  /** The Envelope as it was received, or why it cannot be read. */
  readonly content: { readonly body: string; readonly mediaType: string } | RelayError
}

/**
 * Undefined where no dead letter lies. Rejects as {@link DeadLetterTopic}'s reader does; a schema registry that cannot be asked
 * is only a reason why the content cannot be read.
 */
export async function showDeadLetter(
  where: DeadLetterTopic,
  decoder: Pick<EventDecoder, 'decode'>,
  id: DeadLetterId,
): Promise<ShownLetter | undefined> {
  let record: ConsumedRecord | undefined
  let fate: Fate | undefined
  await where.reader.read(restOfPartition(await wholeTopic(where), id), (one) => {
    if (one.offset === id.offset) record = one
    const found = fateOf(one)
    if (found !== undefined && idText(found.letter) === idText(id)) fate = found
  })
  const letter = record === undefined ? undefined : deadLetterOf(record, where.keyPrefix)
  if (record === undefined || letter === undefined) return undefined
  return { letter: { ...letter, fate }, record, content: await contentOf(decoder, record) }
}

function restOfPartition({ topic, partitions }: TopicSpan, { partition, offset }: DeadLetterId): TopicSpan {
  const span = partitions.get(partition)
  // From an offset that was deleted on, the client would begin at another one.
  if (span === undefined || offset < span.from) return { topic, partitions: new Map() }
  return { topic, partitions: new Map([[partition, { from: offset, to: span.to }]]) }
}

async function contentOf(
  decoder: Pick<EventDecoder, 'decode'>,
  record: ConsumedRecord,
): Promise<ShownLetter['content']> {
  try {
    return await decodeLetter(decoder, record)
  } catch (error) {
    if (isRelayError(error)) return error
    throw error
  }
}
