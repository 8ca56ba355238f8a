import kafkajs from 'kafkajs'
import type {
  BatchHandler,
  HeldPartition,
  LostRecords,
  RecordBatch,
} from '../../../../src/kafka/consumer-port.ts'
import type { KafkaClient } from '../../../../src/kafka/kafkajs/client.ts'
import { KafkaConsumer } from '../../../../src/kafka/kafkajs/consumer.ts'
import type { FetchedBatch, GroupHooks } from '../../../../src/kafka/kafkajs/consumer-hooks.ts'
import { ManualClock, settle } from '../../../support/manual-clock.ts'
import { RecordingTelemetry } from '../../topic-bridge/bridge-support.ts'

type Listener = (event: { payload: Record<string, unknown> }) => void

/** What kafkajs's consumer does as far as the adapter sees it; the test plays the broker. */
export class FakeConsumer {
  readonly events = { CRASH: 'crash', GROUP_JOIN: 'join', HEARTBEAT: 'heartbeat', REQUEST: 'request' }
  /** What the group remembers, as its broker would answer. */
  remembered: { topic: string; partitions: object[] }[] = []
  /** Asked for what the group remembers. */
  recall: () => Promise<void> = async () => {}
  /** Commits that came to the group, and what it says to one. */
  readonly committed: unknown[] = []
  commit: () => Promise<void> = async () => {}
  /** Asked for the end, or the beginning, of partitions. */
  readonly asked: unknown[] = []
  /** Offsets that are answered then: earliest and latest. */
  range: readonly [string, string] = ['0', '0']
  readonly resolved: string[] = []
  /** What happened, in order; to the handler too. */
  readonly story: string[]
  readonly config: kafkajs.ConsumerConfig
  readonly hooks: GroupHooks
  subscribed: unknown
  runConfig: kafkajs.ConsumerRunConfig | undefined
  /** Partitions that are paused now. */
  readonly paused: string[] = []
  readonly recalled: unknown[] = []
  askedBroker: () => Promise<void> = async () => {}
  /** Where the next fetch begins. */
  position = '7'
  disconnects = 0
  hangs = false
  connectError: Error | undefined
  syncTookMs = 0
  beat: () => Promise<void> = async () => {}
  left = 0
  readonly group = {
    groupId: 'g',
    memberId: 'm' as string | null,
    generationId: null as number | null,
    coordinator: {
      heartbeat: async (): Promise<void> => {
        this.story.push('beat')
        await this.beat()
      },
      offsetFetch: async (asked: unknown): Promise<{ responses: never[] }> => {
        this.story.push('recall')
        this.recalled.push(asked)
        await this.recall()
        return { responses: this.remembered as never[] }
      },
    },
    cluster: {
      fetchTopicsOffset: async (
        topics: readonly {
          topic: string
          partitions: readonly { partition: number }[]
          fromBeginning: boolean
        }[],
      ) => {
        this.asked.push(topics)
        await this.askedBroker()
        return topics.map(({ topic, partitions, fromBeginning }) => ({
          topic,
          partitions: partitions.map(({ partition }) => ({
            partition,
            offset: this.range[fromBeginning ? 0 : 1],
          })),
        }))
      },
    },
    offsetManager: {
      commitOffsets: async (offsets: unknown): Promise<void> => {
        this.story.push('commit')
        this.committed.push(offsets)
        await this.commit()
      },
      nextOffset: (): string => this.position,
    },
    pause: (places: unknown): void => {
      this.paused.push(JSON.stringify(places))
    },
    resume: (places: unknown): void => {
      this.paused.splice(this.paused.indexOf(JSON.stringify(places)), 1)
    },
    assigners: [],
    leave: async (): Promise<void> => {
      this.left++
    },
  }
  readonly #listeners: [string, Listener][] = []

  constructor(config: kafkajs.ConsumerConfig, story: string[]) {
    this.config = config
    this.story = story
    const [assigner = kafkajs.PartitionAssigners.roundRobin] = config.partitionAssigners ?? []
    const given = {
      cluster: {},
      groupId: 'g',
      logger: {},
    } as unknown as Parameters<kafkajs.PartitionAssigner>[0]
    this.hooks = (assigner(given) as unknown as { hooks: GroupHooks }).hooks
  }

  on(name: string, listener: Listener): void {
    this.#listeners.push([name, listener])
  }
  emit(name: 'crash' | 'join' | 'heartbeat' | 'request', payload: Record<string, unknown> = {}): void {
    for (const [known, listener] of this.#listeners) if (known === name) listener({ payload })
  }
  async connect(): Promise<void> {
    if (this.connectError !== undefined) throw this.connectError
  }
  async subscribe(what: unknown): Promise<void> {
    this.subscribed = what
  }
  async run(config: kafkajs.ConsumerRunConfig): Promise<void> {
    this.runConfig = config
  }
  async disconnect(): Promise<void> {
    this.disconnects++
    if (this.hangs) await new Promise(() => {})
  }

  /** A join as kafkajs makes it: everything is asked of the broker within `original`. */
  join(during: () => Promise<void> = async () => {}): Promise<void> {
    return this.hooks.join(this.group, async () => {
      this.story.push('join')
      await during()
      this.group.generationId = (this.group.generationId ?? 0) + 1
      this.emit('request', { apiName: 'SyncGroup', duration: this.syncTookMs })
      this.emit('join', { memberAssignment: { events: [3] } })
    })
  }

  /** The answer to a heartbeat that took `duration` milliseconds. */
  hear(duration = 0): void {
    this.emit('request', { apiName: 'Heartbeat', duration })
    this.emit('heartbeat')
  }

  batch(): FetchedBatch & { topic: string; partition: number } {
    const messages = [
      {
        offset: '5',
        key: Buffer.from('a'),
        value: Buffer.from('x'),
        timestamp: '17',
        attributes: 0,
        headers: { h: Buffer.from('1'), twice: [Buffer.from('2'), '3'] },
      },
      { offset: '6', key: null, value: null, timestamp: '18', attributes: 0 },
    ]
    return fetched({ messages, lastOffset: () => '9' })
  }

  /** Fetches a batch; the second step hands it over. */
  async fetch(): Promise<() => Promise<void>> {
    const batches = await this.hooks.fetch(async () => [this.batch()])
    return async () => {
      for (const batch of batches) await this.#handOver(batch)
    }
  }

  async #handOver(batch: FetchedBatch): Promise<void> {
    if (batch.isEmptyDueToFiltering()) throw new Error('kafkajs would have gone on behind it by itself')
    const payload = {
      batch,
      resolveOffset: (offset: string) => this.resolved.push(offset),
    }
    await this.runConfig?.eachBatch?.(payload as unknown as kafkajs.EachBatchPayload)
  }
}

/** A batch of kafkajs: `messages` are what it shows of partition 3. */
export function fetched(
  facts: { readonly messages: readonly object[]; readonly lastOffset: () => string },
  filtered = false,
): FetchedBatch & { topic: string; partition: number } {
  const empty = { isEmpty: () => facts.messages.length === 0, isEmptyDueToFiltering: () => filtered }
  return { topic: 'events', partition: 3, ...{ highWatermark: '20' }, ...facts, ...empty }
}

/** Keeps what it gets, and gives back when the test says so. */
class RecordingHandler implements BatchHandler {
  readonly taken: { readonly batch: RecordBatch; readonly held: HeldPartition }[] = []
  readonly givenBack: unknown[] = []
  readonly losses: LostRecords[] = []
  holds = false
  #letGo: () => void = () => {}
  readonly #story: string[]

  constructor(story: string[]) {
    this.#story = story
  }

  take(batch: RecordBatch, held: HeldPartition): void {
    this.taken.push({ batch, held })
  }

  async giveBack(withinMs: number, only?: { topic: string; partition: number }): Promise<void> {
    this.givenBack.push(only ?? withinMs)
    this.#story.push('give back')
    if (!this.holds) return
    await new Promise<void>((resolve) => {
      this.#letGo = resolve
    })
  }

  lost(records: LostRecords): void {
    this.#story.push('lost')
    this.losses.push(records)
  }

  letGo(): void {
    this.#letGo()
  }
}

export function setUp(prepare: (consumer: FakeConsumer) => void = () => {}) {
  const made: FakeConsumer[] = []
  const story: string[] = []
  const clock = new ManualClock()
  const telemetry = new RecordingTelemetry()
  const kafka = {
    consumer: (config: kafkajs.ConsumerConfig) => {
      const consumer = new FakeConsumer(config, story)
      prepare(consumer)
      made.push(consumer)
      return consumer
    },
  } as unknown as KafkaClient
  const consumer = new KafkaConsumer({
    kafka,
    groupId: 'g',
    topics: ['events'],
    clock,
    telemetry,
    random: () => 1,
  })
  const handler = new RecordingHandler(story)
  /** The one that lives. */
  const fake = (): FakeConsumer => {
    const last = made.at(-1)
    if (last === undefined) throw new Error('none was made')
    return last
  }
  /** Started and joined. */
  const joined = async (): Promise<FakeConsumer> => {
    consumer.start(handler).catch(() => {})
    await settle()
    await fake().join()
    return fake()
  }
  return { consumer, made, clock, telemetry, handler, fake, joined }
}
