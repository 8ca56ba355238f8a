import { EventDecoder } from '../../../src/avro/event-decoder.ts'
import { registryEventSchema } from '../../../src/avro/event-schema.ts'
import { proveEvent } from '../../../src/avro/proof.ts'
import { fingerprintHeader, frame } from '../../../src/avro/wire-format.ts'
import { encodeEnvelope } from '../../../src/event/envelope-encoder.ts'
import type { Event } from '../../../src/event/event.ts'
import { mediaTypeOf } from '../../../src/event/profile.ts'
import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import type { FollowHandlers, TopicFollower, TopicStart } from '../../../src/kafka/follower-port.ts'
import type { TopicReader } from '../../../src/kafka/reader-port.ts'
import type { TailAdmin } from '../../../src/operations/tail-start.ts'

/** Reads records of this version's schema, with no registry at all. */
export const ownDecoder: EventDecoder = new EventDecoder({
  registry: { schemaById: () => Promise.reject(new Error('no registry here')) },
})

/** A record as the relay writes it. */
export function recordOf(event: Event, topic: string, partition: number, offset: bigint): ConsumedRecord {
  const profile = 'distribution-3'
  const received = { event, envelopeText: encodeEnvelope([event], profile) }
  const { datum } = proveEvent(received, mediaTypeOf(profile), { receivedAt: 1_700_000_000_000 })
  return {
    topic,
    partition,
    offset,
    key: Buffer.from(event.target?.repository ?? ''),
    value: frame(1, datum),
    headers: new Map([[fingerprintHeader, [Buffer.from(registryEventSchema.fingerprint)]]]),
    timestamp: 1_700_000_000_000,
  }
}

/** Topics in memory that grow, and a Kafka that can be away. */
export class ScriptedTopics implements TailAdmin, TopicReader, TopicFollower {
  readonly records: ConsumedRecord[] = []
  readonly partitions: Map<string, number>
  /** What the next question, or the next reading, rejects with. */
  readonly failures: Error[] = []
  /** How often a topic was read. */
  readings = 0
  readonly #following = new Set<(record: ConsumedRecord) => void>()
  readonly #onAnew = new Set<(topic: string) => void>()

  constructor(partitions: Readonly<Record<string, number>>) {
    this.partitions = new Map(Object.entries(partitions))
  }

  write(event: Event, topic: string, partition = 0): void {
    this.writeRecord(recordOf(event, topic, partition, this.#end(topic, partition)))
  }

  writeRecord(record: ConsumedRecord): void {
    this.records.push(record)
    for (const take of this.#following) take(record)
  }

  /** The topic is empty, and its followers have found that out. */
  recreate(topic: string): void {
    const rest = this.records.filter((record) => record.topic !== topic)
    this.records.splice(0, this.records.length, ...rest)
    for (const tell of this.#onAnew) tell(topic)
  }

  /** Ends what is being read, with this error. */
  interrupt: (error: Error) => void = () => {}

  async partitionCount(topic: string): Promise<number | undefined> {
    this.#fail()
    return this.partitions.get(topic)
  }

  async earliestOffsets(topic: string): Promise<ReadonlyMap<number, bigint>> {
    return this.#each(topic, () => 0n)
  }

  async latestOffsets(topic: string): Promise<ReadonlyMap<number, bigint>> {
    return this.#each(topic, (partition) => this.#end(topic, partition))
  }

  async offsetsAt(topic: string, timestampMs: number): Promise<ReadonlyMap<number, bigint>> {
    return this.#each(topic, (partition) => {
      const found = this.#of(topic, partition).find(({ timestamp }) => timestamp >= timestampMs)
      return found?.offset ?? this.#end(topic, partition)
    })
  }

  async read(
    { topic, partitions }: Parameters<TopicReader['read']>[0],
    onRecord: (record: ConsumedRecord) => void | Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    this.#fail()
    for (const [partition, { from, to }] of partitions) {
      for (const record of this.#of(topic, partition)) {
        signal?.throwIfAborted()
        if (record.offset >= from && record.offset < to) await onRecord(record)
      }
    }
  }

  async follow(
    { topic, partitions, partitionCount }: TopicStart,
    { onRecord, onReading, onAnew }: FollowHandlers,
    signal: AbortSignal,
  ): Promise<void> {
    this.#fail()
    this.readings++
    const wants = ({ topic: of, partition, offset }: ConsumedRecord): boolean =>
      of === topic && offset >= (partitions.get(partition) ?? 2n ** 63n)
    const tell = (recreated: string): void => {
      if (recreated === topic) onAnew?.(new Map([...partitions.keys()].map((partition) => [partition, 0n])))
    }
    let turn = Promise.resolve()
    let take: (record: ConsumedRecord) => void = () => {}
    try {
      await new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true })
        this.interrupt = reject
        take = (record) => {
          if (record.partition >= partitionCount) resolve()
          if (!wants(record)) return
          turn = turn.then(() => onRecord(record))
          turn.catch(reject)
        }
        this.#following.add(take)
        this.#onAnew.add(tell)
        onReading?.()
        for (const record of [...this.records]) take(record)
      })
    } finally {
      this.#following.delete(take)
      this.#onAnew.delete(tell)
    }
    await turn
  }

  #fail(): void {
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
  }

  #each(topic: string, of: (partition: number) => bigint): ReadonlyMap<number, bigint> {
    const count = this.partitions.get(topic) ?? 0
    return new Map(Array.from({ length: count }, (_, partition) => [partition, of(partition)]))
  }

  #of(topic: string, partition: number): readonly ConsumedRecord[] {
    return this.records.filter((record) => record.topic === topic && record.partition === partition)
  }

  #end(topic: string, partition: number): bigint {
    return BigInt(this.#of(topic, partition).length)
  }
}
