import type { ConsumedRecord } from '../../../src/kafka/consumer-port.ts'
import { deadLetterHeaders } from '../../../src/kafka/dead-letter-headers.ts'
import type { TopicWriter, WrittenPlace, WrittenRecord } from '../../../src/kafka/writer-port.ts'
import type { DeadLetterTopic } from '../../../src/operations/dead-letters.ts'

/** The topic `dead` with one partition, whose offsets are also the times of its records; and whoever writes to it. */
export class LetterTopic implements TopicWriter {
  readonly records: ConsumedRecord[] = []
  /** Records that were handed out. */
  read = 0
  earliest = 0n
  /** Set: what a question for the offset of any time is answered. */
  offsetAt: bigint | undefined
  /** Called before each record is written. */
  beforeWrite: (record: WrittenRecord) => void | Promise<void> = () => {}

  /** One of `hook`, unless another is named. */
  letter({
    repository,
    endpoint = 'hook',
  }: {
    readonly repository: string
    readonly endpoint?: string
  }): void {
    const offset = BigInt(this.records.length)
    const at = { partition: 0, offset, timestamp: Number(offset), key: Buffer.from(repository) }
    const source: ConsumedRecord = { ...at, topic: 'events', value: Buffer.from('value'), headers: new Map() }
    const reason = {
      code: 'DELIVERY_REFUSED',
      message: 'status 422',
      stage: 'deliver',
      attempts: 1,
      firstFailureAt: 0,
      lastFailureAt: 0,
    } as const
    const headers = deadLetterHeaders(source, reason, { groupId: `relay.${endpoint}`, endpoint })
    this.records.push({ ...source, topic: 'dead', headers: asBuffers(headers) })
  }

  get where(): DeadLetterTopic {
    const latest = (): bigint => BigInt(this.records.length)
    return {
      topic: 'dead',
      keyPrefix: '',
      admin: {
        partitionCount: async () => 1,
        earliestOffsets: async () => new Map([[0, this.earliest]]),
        latestOffsets: async () => new Map([[0, latest()]]),
        offsetsAt: async (_topic, at) => new Map([[0, this.offsetAt ?? BigInt(at)]]),
      },
      reader: {
        read: async ({ partitions }, onRecord, signal) => {
          const { from, to } = partitions.get(0) ?? { from: 0n, to: 0n }
          for (const record of this.records) {
            if (record.offset < from || record.offset >= to) continue
            signal?.throwIfAborted()
            this.read++
            await onRecord(record)
          }
        },
      },
    }
  }

  async write(record: WrittenRecord): Promise<WrittenPlace> {
    await this.beforeWrite(record)
    const offset = BigInt(this.records.length)
    const { topic, key, value, headers } = record
    const place = { topic, partition: 0, offset, timestamp: Number(offset) }
    this.records.push({ ...place, key, value, headers: asBuffers(headers) })
    return place
  }

  async close(): Promise<void> {}
}

function asBuffers(headers: WrittenRecord['headers']): ConsumedRecord['headers'] {
  return new Map([...headers].map(([name, values]) => [name, values.map((value) => Buffer.from(value))]))
}
