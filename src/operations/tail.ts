import { setMaxListeners } from 'node:events'
import type { Clock } from '../clock.ts'
import type { RelayError } from '../errors.ts'
import type { Event } from '../event/event.ts'
import type { ConsumedRecord } from '../kafka/consumer-port.ts'
import type { TopicFollower } from '../kafka/follower-port.ts'
import type { TopicReader } from '../kafka/reader-port.ts'
import { orAborted } from '../sink/watch-abort.ts'
import type { RecordDecoder } from '../topic-bridge/delivered.ts'
import type { ReplayMoment } from './replay-moment.ts'
import { followTopic, patiently, type TailFollowOptions } from './tail-follow.ts'
import { isMeant, readTailed, type TailedRecord } from './tail-record.ts'
import { type TailAdmin, type TailStart, tailStarts } from './tail-start.ts'

/** What a tail reads with. */
export interface TailParts {
  readonly admin: TailAdmin
  readonly reader: TopicReader
  readonly follower: TopicFollower
  readonly decoder: RecordDecoder
}

export interface TailOptions extends TailParts {
  readonly topics: readonly string[]
  readonly from: ReplayMoment
  /** Of every topic, only this one. */
  readonly partition?: number | undefined
  /** False: ends where the topics end at the start. */
  readonly follow: boolean
  readonly wants: (event: Event) => boolean
  /** Ends after so many records that were meant. */
  readonly limit?: number | undefined
  /** One at a time, those of a partition in their order; waited for. */
  readonly onRecord: (tailed: TailedRecord) => void | Promise<void>
  /** It is settled where the reading begins: nothing that is written from now on is missed. */
  readonly onStart: () => void
  /** All topics are being read: records come as soon as they are written. Only when following; once. */
  readonly onLive?: () => void
  /** Kafka has gone away, or was not there at the start; only when following, which goes on until it comes back. */
  readonly onAway: (error: RelayError) => void
  /** Kafka is there again. */
  readonly onBack: () => void
  /** The topic holds less than was read of it: it is another one by now, and is shown from its beginning. */
  readonly onAnew: (topic: string) => void
  readonly clock: Clock
  /** Ends the tail, which is no failure. */
  readonly signal: AbortSignal
}

/**
 * Shows the records of topics, those that are there and those that come. Resolves at the end of the topics, at the limit or
 * when it is stopped; rejects with what `onRecord` throws, with KAFKA_CONFIGURATION, and, where it does not follow, with
 * KAFKA_UNAVAILABLE.
 */
export async function runTail(options: TailOptions): Promise<void> {
  const over = new AbortController()
  // Every topic listens, and there may be many; more than ten would be taken for a leak.
  setMaxListeners(0, over.signal)
  const stop = (): void => over.abort()
  options.signal.addEventListener('abort', stop, { once: true })
  if (options.signal.aborted) stop()
  try {
    await run(options, over)
  } catch (thrown) {
    if (!over.signal.aborted || thrown !== over.signal.reason) throw thrown
  } finally {
    options.signal.removeEventListener('abort', stop)
    // What still runs, of the other topics of one that failed.
    stop()
  }
}

async function run(options: TailOptions, over: AbortController): Promise<void> {
  const { topics, from, partition, follow, admin, reader, onStart } = options
  const watch = new KafkaWatch(options, over.signal)
  const begin = (): Promise<readonly TailStart[]> => tailStarts(topics, from, partition, admin)
  // A question at Kafka may take long; nobody who wants to end waits for its answer.
  const starts = await orAborted(follow ? patiently(watch.options, begin) : begin(), over.signal)
  watch.reading()
  onStart()
  const onRecord = recordTaker(options, over)
  const waiting = new Set(topics)
  await allEnded(
    starts.map((start): Promise<void> => {
      if (!follow) return reader.read(spanOf(start), onRecord, over.signal)
      const onReading = (): void => {
        watch.reading()
        if (waiting.delete(start.topic) && waiting.size === 0) options.onLive?.()
      }
      return followTopic(start, { ...options, ...watch.options, onRecord, onReading })
    }),
    () => over.abort(),
  )
}

/** The first failure ends the others, and is told when they have ended: each leaves a consumer group. */
async function allEnded(readings: readonly Promise<void>[], endOthers: () => void): Promise<void> {
  let failed = false
  let failure: unknown
  const watched = readings.map((reading) =>
    reading.catch((thrown: unknown) => {
      if (!failed) failure = thrown
      failed = true
      endOthers()
    }),
  )
  await Promise.all(watched)
  if (failed) throw failure
}

/** Says once that Kafka is away, whatever number of topics find out, and once that it is back. */
class KafkaWatch {
  readonly options: Pick<TailFollowOptions, 'onAway' | 'clock' | 'signal'>
  readonly #onBack: () => void
  #away = false

  constructor({ onAway, onBack, clock }: TailOptions, signal: AbortSignal) {
    this.#onBack = onBack
    this.options = {
      clock,
      signal,
      onAway: (error) => {
        if (!this.#away) onAway(error)
        this.#away = true
      },
    }
  }

  reading(): void {
    if (this.#away) this.#onBack()
    this.#away = false
  }
}

/** Several topics are read at the same time, but what is shown is shown one by one, and not beyond the limit. */
function recordTaker(
  { decoder, wants, limit = Number.POSITIVE_INFINITY, onRecord }: TailOptions,
  over: AbortController,
): (record: ConsumedRecord) => Promise<void> {
  let shown = 0
  let turn: Promise<void> = Promise.resolve()
  const take = async (record: ConsumedRecord): Promise<void> => {
    const tailed = await readTailed(decoder, record)
    if (over.signal.aborted || !isMeant(tailed, wants)) return
    shown += 1
    await onRecord(tailed)
    if (shown >= limit) over.abort()
  }
  return (record) => {
    turn = turn.then(() => take(record))
    return turn
  }
}

function spanOf({ topic, spans }: TailStart): Parameters<TopicReader['read']>[0] {
  return {
    topic,
    partitions: new Map(
      [...spans].map(([partition, { start, end }]) => [partition, { from: start, to: end }]),
    ),
  }
}
