import { RelayError } from '../errors.ts'
import type { AdminPort } from '../kafka/admin-port.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import { type DeadLetterFacts, deadLetterFacts } from '../kafka/dead-letter-headers.ts'
import type { TopicReader, TopicSpan } from '../kafka/reader-port.ts'
import { type Fate, fateOf } from './dead-letters-fates.ts'
import { type DeadLetterId, idText } from './dead-letters-id.ts'

/** The topic of dead letters, and what it is read with. */
export interface DeadLetterTopic {
  readonly topic: string
  /** In front of the repository in every key; see `records.keyPrefix`. */
  readonly keyPrefix: string
  readonly admin: Pick<AdminPort, 'partitionCount' | 'earliestOffsets' | 'latestOffsets' | 'offsetsAt'>
  readonly reader: TopicReader
}

/** What is known of a dead letter without its content. */
export interface DeadLetter extends DeadLetterFacts {
  readonly id: DeadLetterId
  /** When it was written there, milliseconds since the epoch. */
  readonly at: number
  /** Undefined: the record had none. */
  readonly key: string | undefined
  /** The key without the prefix; empty where there is none. */
  readonly repository: string
  /** What became of it; undefined: it is open. */
  readonly fate: Fate | undefined
}

export interface DeadLetterList {
  /** In the order in which they were written. */
  readonly letters: readonly DeadLetter[]
  /** Records, of those that were read, that are neither dead letters nor fates. */
  readonly others: number
  /** Of all dead letters that were read, whatever they are else. */
  readonly endpoints: ReadonlySet<string>
}

/**
 * All dead letters that there are now and that `wants` lets through, with their fates. Keeps nothing of their content in memory.
 *
 * @param since milliseconds since the epoch: each partition is read from its first record of that time or later on, which is
 * enough for the letters written since then. Default: all of it
 *
 * Rejects as {@link TopicReader} does, and with KAFKA_CONFIGURATION where there is no such topic.
 */
export async function listDeadLetters(
  where: DeadLetterTopic,
  wants: (letter: DeadLetter) => boolean,
  since?: number,
): Promise<DeadLetterList> {
  const letters = new Map<string, DeadLetter>()
  const fates = new Map<string, Fate>()
  const endpoints = new Set<string>()
  let others = 0
  const take = (record: ConsumedRecord): void => {
    const letter = deadLetterOf(record, where.keyPrefix)
    const fate = letter === undefined ? fateOf(record) : undefined
    if (letter?.endpoint !== undefined) endpoints.add(letter.endpoint)
    if (fate !== undefined) fates.set(idText(fate.letter), fate)
    else if (letter === undefined) others++
    else if (wants(letter)) letters.set(idText(letter.id), letter)
  }
  const whole = await wholeTopic(where)
  await where.reader.read(since === undefined ? whole : await spanSince(since, whole, where.admin), take)
  const list = [...letters].map(([id, letter]) => ({ ...letter, fate: fates.get(id) }))
  return { letters: list.toSorted(inOrder), others, endpoints }
}

/** All that lies in the topic now. Rejects with KAFKA_CONFIGURATION where there is no such topic. */
export async function wholeTopic({
  topic,
  admin,
}: Pick<DeadLetterTopic, 'topic' | 'admin'>): Promise<TopicSpan> {
  if ((await admin.partitionCount(topic)) === undefined) {
    const text = `there is no topic ${topic} (topics.deadLetters): create it with \`registry-relay topics apply\``
    throw new RelayError('KAFKA_CONFIGURATION', text, { facts: { topic } })
  }
  const earliest = await admin.earliestOffsets(topic)
  const latest = await admin.latestOffsets(topic)
  const partitions = [...latest].map(
    ([partition, to]) => [partition, { from: earliest.get(partition) ?? 0n, to }] as const,
  )
  return { topic, partitions: new Map(partitions) }
}

/** The fate of a letter lies behind it, so that what is left out has nothing to say about the rest. */
async function spanSince(
  since: number,
  { topic, partitions }: TopicSpan,
  admin: Pick<AdminPort, 'offsetsAt'>,
): Promise<TopicSpan> {
  const starts = await admin.offsetsAt(topic, since)
  const later = [...partitions].map(([partition, { from, to }]) => {
    const start = starts.get(partition)
    // The answers are of different moments, and records may have been deleted in between.
    return [partition, { from: start !== undefined && start > from ? start : from, to }] as const
  })
  return { topic, partitions: new Map(later) }
}

/** Undefined for a record that is none. Its fate lies in another record. */
export function deadLetterOf(record: ConsumedRecord, keyPrefix: string): DeadLetter | undefined {
  const facts = deadLetterFacts(record)
  if (facts === undefined) return undefined
  const { partition, offset, timestamp } = record
  const key = record.key?.toString('utf8')
  const repository = key?.startsWith(keyPrefix) === true ? key.slice(keyPrefix.length) : (key ?? '')
  return { ...facts, id: { partition, offset }, at: timestamp, key, repository, fate: undefined }
}

function inOrder(a: DeadLetter, b: DeadLetter): number {
  return a.at - b.at || a.id.partition - b.id.partition || (a.id.offset < b.id.offset ? -1 : 1)
}
